// OpenAI's official client for Node.js: lists its methods, or calls those that are served. One JSON value a line.
//
// node openai.mjs methods FOLDER
// node openai.mjs checks FOLDER URL SMART SMALL
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";

const [what, folder, url, smart, small] = process.argv.slice(2);
const OpenAI = createRequire(join(folder, "here.js"))("openai");
const client = new OpenAI({ apiKey: "anything", baseURL: `${url ?? "http://127.0.0.1"}/v1`, maxRetries: 0 });

function* methods(resource, prefix) {
  let kind = Object.getPrototypeOf(resource);
  for (; kind && kind !== Object.prototype; kind = Object.getPrototypeOf(kind)) {
    for (const name of Object.getOwnPropertyNames(kind)) {
      if (prefix && name !== "constructor" && !name.startsWith("_")) yield prefix + name;
    }
  }
  for (const [name, inner] of Object.entries(resource)) {
    if (!name.startsWith("_") && inner?._client) yield* methods(inner, `${prefix}${name}.`);
  }
}

const embedder = "multilingual-e5-small";
const messages = [{ role: "user", content: "Say only: yes" }];
const question = "What is the weather in Paris?";
const parameters = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const described = { name: "get_weather", description: "The weather in a city.", parameters };
const tools = [{ type: "function", function: described }];
const schema = { type: "object", properties: { name: { type: "string" } }, required: ["name"], additionalProperties: false };
const input = messages[0].content;

async function responded(options = {}) {
  return client.responses.create({ model: small, input, max_output_tokens: 8, ...options });
}

const checks = {
  "models.list": async () => {
    const names = [];
    for await (const model of client.models.list()) names.push(model.id);
    for (const name of [smart, small, embedder, "hameau/library"]) assert.ok(names.includes(name));
  },
  "models.retrieve": async () => {
    assert.equal((await client.models.retrieve(small)).id, small);
    assert.equal((await client.models.retrieve("hameau/library")).id, "hameau/library");
    await assert.rejects(client.models.retrieve("gpt-4o"), { status: 404, code: "model_not_found" });
  },
  "chat.completions.create": async () => {
    const whole = await client.chat.completions.create({ model: small, messages, max_completion_tokens: 8, seed: 1 });
    assert.ok(whole.choices[0].message.content);
    const stream = await client.chat.completions.create({
      model: small, messages, max_tokens: 8, stream: true, stream_options: { include_usage: true },
    });
    let text = "", last;
    for await (const piece of stream) {
      text += piece.choices[0]?.delta.content ?? "";
      last = piece;
    }
    assert.ok(text);
    assert.ok(last.usage.total_tokens > 0);
    const called = await client.chat.completions.create({
      model: smart, messages: [{ role: "user", content: question }], tools, tool_choice: "required", temperature: 0,
    });
    const call = called.choices[0].message.tool_calls[0];
    assert.equal(call.function.name, "get_weather");
    assert.ok(JSON.parse(call.function.arguments).city);
    await assert.rejects(client.chat.completions.create({ model: small, messages, temperature: 7 }), {
      status: 400, param: "temperature",
    });
    const cited = await client.chat.completions.create({
      model: "hameau/library", messages: [{ role: "user", content: "Combien coûte la cotisation annuelle ?" }],
    });
    assert.ok(cited.citations[0].quote.includes("15 euros"));
    assert.ok(cited.choices[0].message.content.includes("[1]"));
  },
  "chat.completions.parse": async () => {
    const answer = await client.chat.completions.parse({
      model: smart,
      messages: [{ role: "user", content: "My city is Paris." }],
      response_format: { type: "json_schema", json_schema: { name: "city", schema, strict: true } },
      temperature: 0,
    });
    assert.ok(JSON.parse(answer.choices[0].message.content).name);
  },
  "chat.completions.stream": async () => {
    const stream = client.chat.completions.stream({ model: small, messages, max_tokens: 20, temperature: 0 });
    let heard = "";
    stream.on("content", (piece) => (heard += piece));
    assert.equal(await stream.finalContent(), heard);
  },
  "chat.completions.runTools": async () => {
    let asked;
    const runner = client.chat.completions.runTools(
      {
        model: smart, temperature: 0, max_tokens: 60,
        messages: [{ role: "user", content: question }],
        tool_choice: { type: "function", function: { name: "get_weather" } },
        tools: [{ type: "function", function: { ...described, parse: JSON.parse, function: ({ city }) => (asked = city, "sunny") } }],
      },
      { maxChatCompletions: 1 },
    );
    await runner.done();
    assert.ok(asked);
  },
  "completions.create": async () => {
    const answer = await client.completions.create({ model: small, prompt: "One, two,", max_tokens: 4, logprobs: 1 });
    assert.ok(answer.choices[0].text);
    assert.ok(answer.choices[0].logprobs.tokens.length);
    let last;
    for await (const piece of await client.completions.create({ model: small, prompt: "One,", max_tokens: 4, stream: true })) last = piece;
    assert.ok(last.choices[0].finish_reason);
  },
  "embeddings.create": async () => {
    const packed = await client.embeddings.create({ model: embedder, input: ["La clé du four", "La cotisation"] });
    const plain = await client.embeddings.create({ model: embedder, input: "La clé du four", encoding_format: "float" });
    assert.equal(packed.data.length, 2);
    packed.data[0].embedding.forEach((value, at) => assert.ok(Math.abs(value - plain.data[0].embedding[at]) < 1e-5));
    const short = await client.embeddings.create({ model: embedder, input: "La clé", dimensions: 64 });
    assert.equal(short.data[0].embedding.length, 64);
  },
  "responses.create": async () => {
    const first = await responded({ instructions: "Be brief." });
    assert.ok(first.output_text);
    const next = await responded({ previous_response_id: first.id, input: "And again." });
    assert.equal(next.previous_response_id, first.id);
    const names = [];
    for await (const event of await responded({ stream: true })) names.push(event.type);
    assert.equal(names[0], "response.created");
    assert.ok(["response.completed", "response.incomplete"].includes(names.at(-1)));
  },
  "responses.parse": async () => {
    const answer = await client.responses.parse({
      model: smart, input: "My city is Paris.", temperature: 0,
      text: { format: { type: "json_schema", name: "city", schema, strict: true } },
    });
    assert.ok(JSON.parse(answer.output_text).name);
  },
  "responses.stream": async () => {
    const stream = client.responses.stream({ model: small, input, max_output_tokens: 20, temperature: 0 });
    let heard = "";
    stream.on("response.output_text.delta", (event) => (heard += event.delta));
    assert.equal((await stream.finalResponse()).output_text, heard);
  },
  "responses.retrieve": async () => {
    const made = await responded();
    assert.equal((await client.responses.retrieve(made.id)).output_text, made.output_text);
  },
  "responses.inputItems.list": async () => {
    const items = [];
    for await (const item of client.responses.inputItems.list((await responded()).id)) items.push(item);
    assert.equal(items[0].content[0].text, input);
  },
  "responses.delete": async () => {
    const made = await responded();
    await client.responses.delete(made.id);
    await assert.rejects(client.responses.retrieve(made.id), { status: 404 });
  },
  "responses.cancel": async () => {
    const made = await client.responses.create({ model: small, input: "Count to a thousand.", background: true });
    assert.ok(["cancelled", "completed"].includes((await client.responses.cancel(made.id)).status));
  },
  "responses.inputTokens.count": async () => {
    assert.ok((await client.responses.inputTokens.count({ model: small, input })).input_tokens > 3);
  },
};

if (what === "methods") {
  for (const name of new Set(methods(client, ""))) console.log(JSON.stringify(name));
} else {
  for (const [method, check] of Object.entries(checks)) {
    const error = await check().then(() => "", (problem) => String(problem.stack ?? problem));
    console.log(JSON.stringify({ method, error }));
  }
}
