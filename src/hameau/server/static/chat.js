// Talk with a model. What was said is in this page and nowhere else: leaving it forgets it.
import { plain, words } from "./page.js";
import { Pictures, picture } from "./pictures.js";
import { Speech, manner, sendOnEnter } from "./talk.js";

const form = document.getElementById("chat");

/** One question, its answer, and what can be done with it. */
class Turn {
  constructor(talk, message, pictures) {
    this.talk = talk;
    this.message = { role: "user", content: message, ...(pictures.length && { images: pictures.map((one) => one.split(",")[1]) }) };
    const made = document.getElementById("turn-template").content.cloneNode(true);
    this.element = made.querySelector(".turn");
    this.find = (selector) => this.element.querySelector(selector);
    this.find(".asked").textContent = plain(message) || words("picture", { n: 1 });
    const shown = this.find(".pictures");
    shown.append(...pictures.map((one, n) => {
      const item = document.createElement("li");
      item.append(picture(one, n));
      return item;
    }));
    shown.hidden = !pictures.length;
    this.find("[data-copy]").hidden = !navigator.clipboard; // browsers have none for pages of another machine without TLS
    this.find("[data-copy]").addEventListener("click", (event) => this.copy(event.currentTarget));
    this.find("[data-on]").addEventListener("click", () => this.answer(this.speech.text));
    this.find("[data-again]").addEventListener("click", () => this.answer());
    talk.turns.append(made);
  }

  /** What the model is shown of this turn. */
  get said() {
    return this.speech?.text ? [this.message, { role: "assistant", content: this.speech.text }] : [];
  }

  async answer(begun = "") {
    const option = this.talk.model.selectedOptions[0];
    const { system, more } = manner(form);
    const messages = [...system, ...this.talk.before(this), this.message];
    if (begun) messages.push({ role: "assistant", content: begun });
    this.speech ??= new Speech(this.element, "");
    this.speech.title = option.textContent.trim();
    this.find(".after").hidden = true;
    this.element.classList.add("live");
    this.talk.busy(this);
    const answer = await this.speech.speak({ model: option.value, messages, ...more }, begun);
    this.element.classList.remove("live");
    this.find("[data-on]").hidden = answer?.finish !== "length";
    this.find(".after").hidden = false;
    this.talk.calm(this, answer);
  }

  async copy(button) {
    await navigator.clipboard.writeText(this.speech.text);
    button.textContent = words("copied");
    setTimeout(() => (button.textContent = words("copy")), 2000);
  }
}

class Talk {
  constructor() {
    this.turns = document.getElementById("turns");
    this.model = document.getElementById("model");
    this.field = document.getElementById("message");
    this.send = document.getElementById("send");
    this.spoken = document.getElementById("spoken");
    this.said = [];
    this.earlier = JSON.parse(form.elements.history.value || "[]");
    this.pictures = new Pictures(document.getElementById("pictures"), (text) => this.note(text));
    this.listen();
    this.changed();
  }

  listen() {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.ask();
    });
    sendOnEnter(this.field);
    this.model.addEventListener("change", () => this.changed());
    const files = document.getElementById("picture");
    files.addEventListener("change", async () => {
      await this.pictures.add(files.files);
      files.value = "";
    });
    document.addEventListener("keydown", (event) => event.key === "Escape" && this.running?.speech.stop());
  }

  /** Another model: may it see pictures, and where does it run? */
  changed() {
    const { dataset } = this.model.selectedOptions[0];
    document.querySelector(".picture-field").hidden = !("sees" in dataset);
    document.getElementById("elsewhere").textContent = dataset.host ? words("elsewhere", { host: dataset.host }) : "";
  }

  note(text) {
    document.getElementById("note").textContent = text;
  }

  before(turn) {
    return [...this.earlier, ...this.said.slice(0, this.said.indexOf(turn)).flatMap((one) => one.said)];
  }

  ask() {
    const message = this.field.value.trim();
    if (this.running) return;
    if (!message && !this.pictures.all.length) {
      this.note(words("empty"));
      this.field.focus();
      return;
    }
    this.said.at(-1)?.find("[data-again]").remove();
    this.said.at(-1)?.find("[data-on]").remove();
    this.note("");
    const turn = new Turn(this, message, this.pictures.take());
    this.said.push(turn);
    this.field.value = "";
    document.getElementById("chat-page").classList.add("going");
    document.getElementById("anew").hidden = false;
    turn.element.scrollIntoView({ block: "start" });
    turn.answer();
  }

  busy(turn) {
    this.running = turn;
    this.send.disabled = true;
  }

  calm(turn, answer) {
    this.running = undefined;
    this.send.disabled = false;
    if (answer) this.spoken.textContent = turn.find("[data-text]").textContent;
    if (!turn.speech.text && !this.field.value) this.field.value = turn.message.content;
    if (document.activeElement === document.body) this.field.focus({ preventScroll: true });
  }
}

if (form) new Talk();
