// The live answer: evidence first, the closest sentence, then the answer sentence by sentence, each with its sources.
import { failure, plain, words } from "./page.js";
import { eventsOf } from "./stream.js";
import { host, Leaving, outside, told } from "./web.js";

const form = document.getElementById("ask");
const field = document.getElementById("question");
const send = document.getElementById("send");
const turns = document.getElementById("turns");
const spoken = document.getElementById("spoken");
const language = document.documentElement.lang;

/** Signs that mark headings and tables in extracted text. */
const MARKS = /^#{1,6}[ \t]+|^[ \t]*\|[\s:|-]+\|[ \t]*$|\|/gm;

const seconds = (milliseconds) => {
  const value = Math.max(milliseconds / 1000, 0.1);
  const digits = value < 10 ? 1 : 0;
  const number = value.toLocaleString(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return `${number}\u00a0s`;
};

function link({ document_id, passage_id, origin, link: address }, quote) {
  if (origin === "web") return outside(address) || "#";
  if (origin === "encyclopedia") {
    return quote ? `${address.split("?")[0]}?start=${quote.start}&end=${quote.end}#quote` : address;
  }
  const place = quote ? `&start=${quote.start}&end=${quote.end}` : "";
  return `/documents/${document_id}?passage=${passage_id}${place}#quote`;
}

function where({ title, origin, link: address, locator: { page, heading } }) {
  if (origin === "web") return host(address);
  const path = (heading ?? []).filter((one) => one !== title).join(" › ");
  return [page ? words("page", { n: page }) : "", plain(path)].filter(Boolean).join(" · ");
}

/** A link that leads away says so to the browser. */
function away(anchor, { origin }) {
  if (origin === "web") anchor.rel = "noopener noreferrer nofollow external";
}

/** A passage as one paragraph. */
const paragraph = (text) => plain(text).replace(MARKS, " ").replace(/\s+/g, " ").trim();

/** A sentence as a part of another one: without its capital and its full stop. */
const inside = (text) => (text.charAt(0).toLowerCase() + text.slice(1)).replace(/\.+$/, "");

/** Why a sentence is doubtful: in short for the eye, in full for a screen reader. */
function doubt({ missing, doubt: reason }) {
  const made = document.createElement("span");
  made.className = "doubt";
  const what = plain(missing || inside(reason ?? ""));
  made.textContent = what ? words("doubtful", { what }) : words("doubt");
  if (missing && reason) {
    const full = document.createElement("span");
    full.className = "hidden";
    made.title = plain(reason);
    full.textContent = ` (${made.title})`;
    made.append(full);
  }
  return made;
}

function card(result) {
  const made = document.getElementById("card-template").content.cloneNode(true);
  const title = made.querySelector(".found-title");
  title.textContent = plain(result.title || result.uri);
  title.href = link(result);
  away(title, result);
  made.querySelector(".where").textContent = where(result);
  made.querySelector(".excerpt").textContent = paragraph(result.text);
  return made;
}

const leaving = new Leaving(form, field, (text) => (spoken.textContent = text));

/** What stops the answer that is being made; undefined when none is. */
let running;

/** One question and what becomes of it on the page. */
class Turn {
  constructor(question, template) {
    this.letter = /\{\{|\[…/.test(template);
    const made = document.getElementById("turn-template").content.cloneNode(true);
    this.element = made.querySelector(".turn");
    this.find = (selector) => this.element.querySelector(selector);
    this.find(".question").textContent = plain(question);
    this.citations = new Map();
    this.find("[data-stop]").addEventListener("click", () => running?.abort());
    turns.append(made);
    document.getElementById("ask-page").classList.add("going");
    this.element.scrollIntoView({ block: "start" });
  }

  evidence({ results }) {
    if (!results.length) return;
    this.find(".evidence summary").textContent = words("found", { n: results.length });
    this.find(".evidence .cards").replaceChildren(...results.map(card));
    this.find(".evidence").hidden = false;
    this.find("[data-working]").textContent = words("writing");
    spoken.textContent = words("found", { n: results.length });
  }

  web(web) {
    this.used = web;
    this.find("[data-working]").textContent = web.pages.length
      ? words("opening", { n: web.pages.filter((page) => page.read).length })
      : words("asking", { host: web.host });
  }

  best({ citation }) {
    const best = this.find(".best");
    best.querySelector("blockquote").textContent = paragraph(citation.quote);
    const source = best.querySelector("a");
    source.textContent = [plain(citation.title || citation.uri), where(citation)].filter(Boolean).join(" · ");
    source.href = link(citation, citation.locator);
    away(source, citation);
    best.hidden = false;
  }

  token({ text }) {
    this.find(".best").hidden = true;
    this.find("[data-draft]").append(plain(text));
  }

  sentence({ sentence, citations }) {
    this.find(".best").hidden = true;
    citations.forEach((citation) => this.cite(citation));
    if (sentence.verbatim) return; // it stands among the quotes
    this.find("[data-draft]").replaceChildren();
    this.find("[data-sentences]").append(this.said(sentence), " ");
  }

  said(sentence) {
    const span = document.createElement("span");
    span.className = sentence.supported ? "sentence" : "sentence unsure";
    span.dir = "auto";
    const own = document.createElement("span");
    own.className = "words";
    own.textContent = plain(sentence.text);
    span.append(own);
    for (const number of sentence.citations) span.append(...this.mark(number));
    if (!sentence.supported) span.append(" ", doubt(sentence));
    return span;
  }

  /** The small number that leads to a source. */
  mark(number) {
    const citation = this.citations.get(number);
    if (!citation) return [];
    const anchor = document.createElement("a");
    anchor.className = "cite";
    anchor.href = link(citation, citation.locator);
    away(anchor, citation);
    anchor.title = plain(citation.title);
    const hidden = document.createElement("span");
    hidden.className = "hidden";
    hidden.textContent = `${words("source")} `;
    anchor.append(hidden, String(number));
    return [" ", anchor];
  }

  /** A filled letter: its text as it will be sent, with the marks of sources as links. */
  write(text) {
    const pieces = plain(text).split(/ ?\[(\d{1,3})\]/);
    const letter = this.find(".letter");
    letter.replaceChildren(...pieces.flatMap((piece, index) => (index % 2 ? this.mark(Number(piece)) : [piece])));
    const copy = this.find("[data-copy]");
    copy.addEventListener("click", async () => {
      await navigator.clipboard.writeText(pieces.filter((_, index) => index % 2 === 0).join(""));
      copy.textContent = spoken.textContent = words("copied");
    });
    this.find("[data-letter]").hidden = false;
    this.find(".said").classList.add("one-by-one");
  }

  cite(citation) {
    if (this.citations.has(citation.number)) return;
    this.citations.set(citation.number, citation);
    const item = document.createElement("li");
    item.value = citation.number;
    const anchor = document.createElement("a");
    anchor.href = link(citation, citation.locator);
    away(anchor, citation);
    anchor.dir = "auto";
    anchor.textContent = plain(citation.title || citation.uri);
    const place = document.createElement("p");
    place.className = "where";
    const detail = document.createElement("span");
    const quoted = citation.origin === "web" && this.used && !this.used.pages.some((page) => page.read && page.url === citation.link);
    detail.textContent = [where(citation), quoted ? words("webquoted") : ""].filter(Boolean).join(" · ");
    place.append(anchor, ...(detail.textContent ? [detail] : []));
    const quote = document.createElement("blockquote");
    quote.dir = "auto";
    quote.textContent = paragraph(citation.quote);
    item.append(quote, place);
    const group = this.find(`[data-sources="${citation.origin ?? "library"}"]`) ?? this.find("[data-sources]");
    group.querySelector(".sources").append(item);
    group.hidden = false;
  }

  done(answer) {
    this.calm();
    if (answer.web) {
      this.used = answer.web;
      this.find(".web-told").replaceChildren(...told(answer.web, plain));
      this.find(".web-told").hidden = false;
    }
    answer.citations.forEach((citation) => this.cite(citation));
    if (this.letter) this.write(answer.answer);
    const own = answer.sentences.filter((sentence) => !sentence.verbatim);
    if (this.find("[data-sentences]").childElementCount !== own.length || (!own.length && !answer.citations.length)) {
      const said = own.flatMap((sentence) => [this.said(sentence), " "]);
      const bare = !said.length && answer.answered && !answer.citations.length;
      this.find("[data-sentences]").replaceChildren(...(bare ? [plain(answer.answer)] : said));
    }
    this.find(".wordless").hidden = !answer.answered || Boolean(answer.model);
    this.find(".not-found").hidden = answer.answered;
    if (answer.answered) this.find(".evidence details").open = false;
    else this.notFound(answer);
    const facts = this.find(".facts");
    const time = seconds(answer.total_ms);
    facts.textContent = answer.model ? words("written", { time, model: answer.model }) : words("foundin", { time });
    facts.hidden = false;
    const heard = own.length ? words("finished") : [this.find(".wordless"), ...this.element.querySelectorAll(".sources")].map((one) => one.textContent).join(" ");
    spoken.textContent = answer.answered ? heard : this.find(".not-found").textContent;
    if (answer.conversation) goOnIn(answer.conversation);
  }

  notFound({ nearest }) {
    const evidence = this.find(".evidence");
    const title = this.find(".evidence summary");
    if (nearest.length) this.find(".evidence .cards").replaceChildren(...nearest.map(card));
    title.textContent = words(evidence.querySelector(".card") ? "closest" : "nothing");
    evidence.hidden = false;
  }

  /** Nothing more will come: what stands in goes, and unfinished words with it. */
  calm() {
    this.find(".working").hidden = true;
    this.find(".best").hidden = true;
    this.find("[data-draft]").replaceChildren();
    this.element.classList.remove("live");
  }

  stopped() {
    this.calm();
    const facts = this.find(".facts");
    facts.textContent = spoken.textContent = words("stopped");
    facts.hidden = false;
  }

  error({ message, hint }) {
    const best = !this.find(".best").hidden;
    this.calm();
    this.find(".best").hidden = !best;
    const trouble = this.find(".trouble");
    trouble.querySelector("strong").textContent = message;
    trouble.querySelector("p:last-child").textContent = hint;
    trouble.hidden = false;
  }
}

function goOnIn(conversation) {
  let kept = form.querySelector("[name=conversation]");
  if (!kept) {
    kept = document.createElement("input");
    kept.type = "hidden";
    kept.name = "conversation";
    form.prepend(kept);
  }
  kept.value = conversation;
  field.placeholder = words("goon");
  history.replaceState(null, "", `/conversations/${encodeURIComponent(conversation)}`);
  const back = document.querySelector(".tongue [name=back]");
  back.value = location.pathname;
}

function asked() {
  const given = new FormData(form);
  const [kind, place] = (given.get("scope") || ":").split(/:(.*)/s);
  const task = given.get("task") || "answer";
  return {
    question: given.get("question"),
    task,
    stream: true,
    ...(given.get("conversation") && { conversation: given.get("conversation") }),
    ...(kind === "source" && { source: place }),
    ...(kind === "document" && { document: Number(place) }),
    ...(task === "draft" && given.get("template") && { template: given.get("template") }),
  };
}

async function ask() {
  const request = asked();
  const placed = "source" in request || "document" in request;
  if (!request.question.trim() && (request.task === "answer" || (request.task === "summary" && !placed))) {
    spoken.textContent = words(request.task === "summary" ? "subject" : "empty");
    field.focus();
    return;
  }
  const leaves = request.task === "answer" ? await leaving.ready(request.question) : "";
  if (leaves === undefined) return;
  if (leaves) request.web_query = leaves;
  leaving.sent();
  const turn = new Turn(request.question.trim() || words(request.task), request.template ?? "");
  running = new AbortController();
  document.querySelector(".welcome + .lead")?.remove();
  document.querySelector(".welcome")?.classList.add("hidden");
  document.querySelector(".state-line")?.remove();
  document.getElementById("no-model")?.remove();
  send.disabled = true;
  field.value = "";
  try {
    const response = await fetch("/api/v1/ask", {
      method: "POST",
      signal: running.signal,
      headers: { "Content-Type": "application/json", Accept: "text/event-stream" },
      body: JSON.stringify(request),
    });
    if (!response.ok) throw await failure(response);
    let ended = false;
    for await (const { name, data } of eventsOf(response.body)) {
      if (name === "error") throw data.error;
      turn[name]?.(data);
      ended = name === "done";
    }
    if (!ended) throw { message: words("broken"), hint: words("restart") };
  } catch (error) {
    if (error.name === "AbortError") turn.stopped();
    else turn.error(error.message && "hint" in error ? error : { message: words("broken"), hint: words("restart") });
    if (!field.value) field.value = request.question;
  } finally {
    running = undefined;
    send.disabled = false;
    if (document.activeElement === document.body) field.focus({ preventScroll: true });
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!running) ask();
});
field.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  form.requestSubmit();
});
document.addEventListener("keydown", (event) => event.key === "Escape" && running?.abort());
