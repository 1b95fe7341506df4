// Ollama's official client for Node.js: lists its methods, or calls those that are served. One JSON value a line.
//
// node ollama.mjs methods FOLDER
// node ollama.mjs checks FOLDER URL SMART SMALL
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";

const [what, folder, url, smart, small] = process.argv.slice(2);
const { Ollama } = createRequire(join(folder, "here.js"))("ollama");
const client = new Ollama({ host: url ?? "http://127.0.0.1" });

function methods() {
  const names = new Set();
  let kind = Object.getPrototypeOf(client);
  for (; kind && kind !== Object.prototype; kind = Object.getPrototypeOf(kind)) {
    for (const name of Object.getOwnPropertyNames(kind)) names.add(name);
  }
  // What only prepares a request, and is no call of its own.
  for (const inner of ["constructor", "processStreamableRequest", "encodeImage", "fileExists", "abort"]) names.delete(inner);
  return [...names].sort();
}

const embedder = "multilingual-e5-small";
const messages = [{ role: "user", content: "Say only: yes" }];
const options = { num_predict: 6, seed: 1, temperature: 0 };
const described = {
  name: "get_weather",
  description: "The weather in a city.",
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};

const checks = {
  "version": async () => {
    assert.match((await client.version()).version, /^\d+\.\d+\.\d+$/);
  },
  "list": async () => {
    const names = (await client.list()).models.map((model) => model.name);
    for (const name of [small, smart, embedder, "hameau/library"]) assert(names.includes(`${name}:latest`), name);
  },
  "show": async () => {
    const shown = await client.show({ model: smart });
    assert(shown.capabilities.includes("tools"));
    await assert.rejects(client.show({ model: "llama3.2" }), (error) => error.status_code === 404);
  },
  "chat": async () => {
    const answer = await client.chat({ model: small, messages, options });
    assert(answer.message.content);
    assert(answer.total_duration > 0);
    let text = "";
    let last;
    for await (const piece of await client.chat({ model: small, messages, options, stream: true })) {
      text += piece.message.content;
      last = piece;
    }
    assert.equal(text, answer.message.content);
    assert(last.done && last.eval_count > 0);
    const asks = [{ role: "user", content: "What is the weather in Paris? Use the tool." }];
    const tools = [{ type: "function", function: described }];
    const called = await client.chat({ model: smart, messages: asks, tools, options: { ...options, num_predict: 60 } });
    assert.equal(called.message.tool_calls[0].function.name, "get_weather");
    assert.match(called.message.tool_calls[0].function.arguments.city, /Paris/);
    const left = await client.chat({ model: small, messages, stream: true });
    for await (const _ of left) break;
    left.abort();
  },
  "generate": async () => {
    const answer = await client.generate({ model: small, prompt: "Say only: yes", options });
    assert(answer.response);
    assert((await client.generate({ model: small, prompt: "Again", context: answer.context, options })).response);
  },
  "embed": async () => {
    const made = await client.embed({ model: embedder, input: ["La clé", "Un cheval"] });
    assert.deepEqual(made.embeddings.map((row) => row.length), [384, 384]);
  },
  "embeddings": async () => {
    assert.equal((await client.embeddings({ model: embedder, prompt: "La clé" })).embedding.length, 384);
  },
  "ps": async () => {
    await client.generate({ model: small, prompt: "", keep_alive: "5m" });
    assert((await client.ps()).models.some((model) => model.name === `${small}:latest`));
  },
  "create": async () => {
    const steps = [];
    for await (const step of await client.create({ model: "node-made", from: small, system: "Be brief.", stream: true })) {
      steps.push(step.status);
    }
    assert.equal(steps.at(-1), "success");
    assert.match((await client.show({ model: "node-made" })).system, /brief/);
  },
  "copy": async () => {
    assert.equal((await client.copy({ source: "node-made", destination: "node-made:v2" })).status, "success");
    await client.delete({ model: "node-made:v2" });
  },
  "delete": async () => {
    assert.equal((await client.delete({ model: "node-made" })).status, "success");
    await assert.rejects(client.delete({ model: "node-made" }), (error) => error.status_code === 404);
  },
  "pull": async () => {
    assert.equal((await client.pull({ model: small })).status, "success");
    await assert.rejects(client.pull({ model: "llama3.2" }), (error) => error.status_code === 404);
  },
};

if (what === "methods") {
  for (const name of methods()) console.log(JSON.stringify(name));
} else {
  for (const [name, check] of Object.entries(checks)) {
    await check();
    console.log(JSON.stringify(name));
  }
}
