// Two models, one question. What was preferred is counted in this page and nowhere else.
import { words } from "./page.js";
import { Speech, manner, sendOnEnter } from "./talk.js";

const ENOUGH = 600; // tokens: to be compared, an answer need not be long
const form = document.getElementById("compare");
const sections = [...document.querySelectorAll(".side")];
const spoken = document.getElementById("spoken");
const tally = document.getElementById("tally");
const preferred = new Map();
let speeches = [];

/** The two models in the order in which they are shown: hidden ones by chance. */
function chosen(blind) {
  const options = ["left", "right"].map((name) => form.elements[name].selectedOptions[0]);
  return blind && Math.random() < 0.5 ? options.reverse() : options;
}

function prepare(section, option, name, blind) {
  const made = document.getElementById("side-template").content.cloneNode(true);
  section.querySelector("[data-side]").replaceChildren(made);
  section.querySelector("h2").textContent = blind ? name : option.textContent.trim();
  section.querySelector(".after").hidden = true;
  section.classList.remove("preferred");
  return new Speech(section, blind ? name : option.textContent.trim());
}

async function compare() {
  const message = form.elements.message.value.trim();
  if (!message) {
    spoken.textContent = words("empty");
    form.elements.message.focus();
    return;
  }
  const given = new FormData(form);
  const blind = given.has("blind");
  const options = chosen(blind);
  const { system, more } = manner(form);
  const messages = [...system, { role: "user", content: message }];
  speeches = sections.map((section, n) => prepare(section, options[n], words(n ? "two" : "one"), blind));
  document.getElementById("sides").hidden = false;
  document.getElementById("sides").scrollIntoView({ block: "nearest" });
  document.getElementById("send").disabled = true;
  const speak = (n) => speeches[n].speak({ model: options[n].value, messages, max_tokens: ENOUGH, ...more });
  if (given.get("order") === "together") await Promise.all([speak(0), speak(1)]);
  else {
    speeches[1].wait("turn");
    await speak(0);
    if (!speeches[1].ended) await speak(1);
  }
  document.getElementById("send").disabled = false;
  if (!speeches.every((speech) => speech.text)) {
    reveal(options);
    return;
  }
  spoken.textContent = words("both");
  sections.forEach((section, n) => {
    section.querySelector(".after").hidden = false;
    section.querySelector("[data-prefer]").onclick = () => prefer(section, options, n);
  });
}

function reveal(options) {
  sections.forEach((section, n) => (section.querySelector("h2").textContent = options[n].textContent.trim()));
}

function prefer(best, options, n) {
  reveal(options);
  for (const section of sections) section.querySelector(".after").hidden = true;
  best.classList.add("preferred");
  const names = ["left", "right"].map((name) => form.elements[name].selectedOptions[0].textContent.trim());
  const name = options[n].textContent.trim();
  preferred.set(name, (preferred.get(name) ?? 0) + 1);
  const [left, right] = names;
  tally.querySelector("[role=status]").textContent = words("score", {
    left,
    right,
    n: preferred.get(left) ?? 0,
    m: preferred.get(right) ?? 0,
  });
  tally.hidden = false;
  form.elements.message.focus({ preventScroll: true });
}

if (form) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!document.getElementById("send").disabled) compare();
  });
  sendOnEnter(form.elements.message);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") for (const speech of speeches) speech.stop();
  });
}
