// A model speaks: asks for it, shows it while it comes, says how long it took. Shared by talking and comparing.
import { render } from "./markdown.js";
import { failure, plain, words } from "./page.js";
import { eventsOf } from "./stream.js";

const language = document.documentElement.lang;
const CALM = 80; // milliseconds between two drawings

export const written = (value, digits = 1) =>
  value.toLocaleString(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });

const seconds = (milliseconds) => {
  const value = Math.max(milliseconds / 1000, 0.1);
  return `${written(value, value < 10 ? 1 : 0)}\u00a0s`;
};

function size(bytes) {
  const units = words("units").split(" ");
  let value = bytes;
  let step = 0;
  for (; value >= 999.5 && step < units.length - 1; step += 1) value /= 1000;
  return `${written(value, step && value < 9.95 ? 1 : 0)}\u00a0${units[step]}`;
}

/** Asks the native API, tells `heard(name, data)` of each event, and gives the whole answer. Throws {message, hint}. */
async function ask(request, signal, heard) {
  const response = await fetch("/api/v1/chat", {
    method: "POST",
    signal,
    headers: { "Content-Type": "application/json", Accept: "text/event-stream" },
    body: JSON.stringify({ ...request, stream: true }),
  });
  if (!response.ok) throw await failure(response);
  for await (const { name, data } of eventsOf(response.body)) {
    if (name === "error") throw data.error;
    if (name === "done") return data;
    heard(name, data);
  }
  throw { message: words("broken"), hint: words("restart") };
}

/** One answer on the page, inside an element that holds the parts of `live` (speech.html). */
export class Speech {
  constructor(element, title) {
    this.find = (selector) => element.querySelector(selector);
    this.element = element;
    this.title = title;
    this.text = "";
    this.thought = "";
    this.find("[data-stop]").addEventListener("click", () => this.stop());
  }

  /** Stops it, or lets it not begin. */
  stop() {
    this.ended = true;
    if (this.running) this.running.abort();
    else if (!this.find(".working").hidden) {
      this.find(".working").hidden = true;
      this.tell(words("stopped"));
    }
  }

  wait(name) {
    this.find("[data-working]").textContent = words(name, { model: this.title });
    this.find(".working").hidden = false;
  }

  /** Lets the model speak; `begun` is text that stands already. The whole answer, or undefined when it was stopped or failed. */
  async speak(request, begun = "") {
    this.running = new AbortController();
    this.ended = false;
    this.text = begun;
    this.thought = "";
    this.find(".trouble").hidden = this.find(".facts").hidden = true;
    this.find("[data-text]").setAttribute("aria-busy", "true");
    this.wait("reading");
    this.draw();
    try {
      const answer = await ask(request, this.running.signal, (name, data) => this.heard(name, data));
      this.text = begun + answer.text;
      this.measured(answer);
      return answer;
    } catch (error) {
      if (error.name === "AbortError") this.tell(words("stopped"));
      else this.fail(error.message && "hint" in error ? error : { message: words("broken"), hint: words("restart") });
      return undefined;
    } finally {
      this.running = undefined;
      this.find(".working").hidden = true;
      cancelAnimationFrame(this.frame);
      this.frame = undefined;
      this.paint();
      this.find("[data-text]").removeAttribute("aria-busy");
    }
  }

  heard(name, { state, text }) {
    if (name === "state") {
      this.wait(state);
      return;
    }
    this.wait("writing");
    if (name === "thought") this.thought += text;
    else this.text += text;
    this.draw();
  }

  /** Draws at the next calm moment: a fast model must not keep the page busy. */
  draw() {
    if (this.frame) return;
    this.frame = requestAnimationFrame((now) => {
      this.frame = undefined;
      if (now - (this.painted ?? 0) < CALM) this.draw();
      else this.paint(now);
    });
  }

  paint(now = 0) {
    const below = document.documentElement.scrollHeight - window.innerHeight - window.scrollY;
    this.painted = now;
    render(this.find("[data-text]"), this.text);
    if (this.thought) {
      this.find(".thought").hidden = false;
      render(this.find("[data-thought]"), this.thought);
    }
    if (below < 120 && this.running) window.scrollTo(0, document.documentElement.scrollHeight);
  }

  measured(answer) {
    const writing = answer.total_ms - answer.first_token_ms;
    const count = answer.text.split(/\s+/).filter(Boolean).length;
    const told = [answer.first_token_ms ? words("first", { time: seconds(answer.first_token_ms) }) : words("nothing")];
    if (count && writing > 0) told.push(words("speed", { n: written((count * 1000) / writing) }));
    if (answer.memory_bytes) told.push(words("holds", { size: size(answer.memory_bytes) }));
    if (answer.finish === "length") told.push(words("cut"));
    this.tell(told.join(" · "));
  }

  tell(text) {
    const facts = this.find(".facts");
    facts.textContent = text;
    facts.hidden = false;
  }

  fail({ message, hint }) {
    const trouble = this.find(".trouble");
    trouble.querySelector("strong").textContent = plain(message);
    trouble.querySelector("p:last-child").textContent = plain(hint);
    trouble.hidden = false;
  }
}

/** What the form says of how a model should answer. */
export function manner(form) {
  const given = new FormData(form);
  const heat = { precise: 0, inventive: 1.1 }[given.get("tone")];
  const system = String(given.get("system") ?? "").trim();
  return {
    system: system ? [{ role: "system", content: system }] : [],
    more: heat === undefined ? {} : { temperature: heat },
  };
}

/** Enter sends, with shift it makes a new line. */
export function sendOnEnter(field) {
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    field.form.requestSubmit();
  });
}
