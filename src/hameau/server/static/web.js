// What would leave for the web stands on the page, and was seen, before it leaves.
import { words } from "./page.js";

/** An address of the web, or nothing: a document must not name what a browser would run. */
export const outside = (address) => (/^https?:\/\/[^\s"<>]+$/.test(address ?? "") ? address : "");

/** The machine that an address leads to. */
export function host(address) {
  try {
    return new URL(address).hostname;
  } catch {
    return "";
  }
}

/** The switch of the form, and the text that leaves. */
export class Leaving {
  constructor(form, field, say) {
    this.form = form;
    this.field = field;
    this.say = say;
    this.on = form.querySelector("[name=web]");
    this.text = form.querySelector("[name=web_query]");
    this.madeOf = "";
    this.own = false;
    if (!this.on) return;
    let soon;
    this.on.addEventListener("change", () => this.propose());
    this.field.addEventListener("input", () => {
      clearTimeout(soon);
      soon = setTimeout(() => this.propose(), 500);
    });
    this.text.addEventListener("input", () => (this.own = this.text.value.trim() !== ""));
    this.text.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      form.requestSubmit();
    });
  }

  /** Writes what the web would be asked for the question that stands there, unless the person wrote it themselves. */
  async propose() {
    const question = this.field.value.trim();
    if (!this.on.checked || this.own || !question || question === this.madeOf) return;
    const conversation = this.form.querySelector("[name=conversation]")?.value;
    try {
      const response = await fetch("/api/v1/web/propose", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ question, ...(conversation && { conversation }) }),
      });
      if (!response.ok || this.own) return;
      this.text.value = (await response.json()).web_query;
      this.madeOf = question;
    } catch {
      // The server is away: the question itself will tell.
    }
  }

  /** What leaves with `question`: nothing, a text that was seen, or undefined when it must be seen first. */
  async ready(question) {
    if (!this.on?.checked) return "";
    const wanted = question.trim();
    if (this.text.value.trim() && (this.own || this.madeOf === wanted)) return this.text.value.trim();
    await this.propose();
    this.text.focus();
    this.say(words("look"));
    return undefined;
  }

  /** The question has left: the next one begins anew. */
  sent() {
    this.own = false;
    this.madeOf = "";
    if (this.text) this.text.value = "";
  }
}

/** What became of the web, as lines under an answer. */
export function told(web, plain) {
  const lines = [words("webasked", { host: web.host || "—", query: plain(web.query) })];
  if (web.trouble) lines.push(`${plain(web.trouble)} ${plain(web.hint)}`);
  if (web.refused.length) {
    lines.push(words("webrefused", { names: web.refused.map((one) => plain(one.join(" – "))).join(", ") }));
  }
  for (const page of web.pages.filter((one) => !one.read)) {
    lines.push(words("webunread", { title: plain(page.title || page.url), reason: plain(page.reason) }));
  }
  const shown = lines.map((text, index) => {
    const line = document.createElement("p");
    line.textContent = text;
    if (index === 1 && web.trouble) line.className = "hint";
    return line;
  });
  const found = (web.hits ?? []).filter((hit) => outside(hit.url)).slice(0, 20);
  return found.length ? [...shown, list(found, plain)] : shown;
}

/** What search engines found, folded: each with its site and who found it. */
function list(found, plain) {
  const all = document.createElement("ul");
  all.className = "links";
  for (const hit of found) {
    const one = document.createElement("li");
    const link = document.createElement("a");
    link.href = outside(hit.url);
    link.rel = "noopener noreferrer nofollow external";
    link.dir = "auto";
    link.textContent = plain(hit.title || hit.url);
    const where = document.createElement("span");
    where.className = "where";
    where.textContent = [host(hit.url), plain(hit.engines.join(", "))].filter(Boolean).join(" · ");
    one.append(link, " ", where);
    all.append(one);
  }
  const folded = document.createElement("details");
  folded.className = "web-found";
  const summary = document.createElement("summary");
  summary.textContent = words("webfound", { n: found.length });
  folded.append(summary, all);
  return folded;
}
