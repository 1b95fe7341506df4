// Library, search, conversations, models: results as one types, progress as it goes, files by drop.
import { confirmInDialog, failure, plain, words } from "./page.js";

const QUIET = 10000;
const BUSY = 1200;

/** Brings the HTML of an address, made and escaped by our server, into an element. */
async function refill(element, address, signal) {
  const response = await fetch(address, { signal, headers: { Accept: "text/html" } });
  if (!response.ok) return false;
  const made = new DOMParser().parseFromString(await response.text(), "text/html");
  if (signal?.aborted) return false;
  element.replaceChildren(...made.body.childNodes);
  return true;
}

function searchAsYouType(field) {
  const results = document.getElementById(field.dataset.results);
  const form = field.form;
  let waiting;
  let running;
  const search = async () => {
    running?.abort();
    running = new AbortController();
    const wanted = new URLSearchParams(new FormData(form));
    wanted.set("part", "1");
    const address = `${form.action}?${wanted}`;
    try {
      await refill(results, address, running.signal);
    } catch (error) {
      if (error.name !== "AbortError") results.textContent = words("broken");
    }
  };
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(search, 180);
  });
  form.addEventListener("change", (event) => event.target !== field && search());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(waiting);
    search();
  });
}

function followProgress(state) {
  let last = state.innerHTML;
  let timer;
  const next = () => {
    clearTimeout(timer);
    timer = setTimeout(look, state.querySelector("[data-busy]") ? BUSY : QUIET);
  };
  const look = async () => {
    if (!document.hidden && !state.contains(document.activeElement)) {
      try {
        const made = document.createElement("div");
        if ((await refill(made, state.dataset.live)) && made.innerHTML !== last) {
          last = made.innerHTML;
          const ended = state.querySelector("[data-busy]") && !made.querySelector("[data-busy]");
          for (const { id } of state.querySelectorAll("details[open][id]")) {
            made.querySelector(`#${CSS.escape(id)}`)?.setAttribute("open", "");
          }
          state.replaceChildren(...made.childNodes);
          if (ended) document.querySelectorAll("[data-live]").forEach((other) => other.dispatchEvent(new Event("hameau:look")));
        }
      } catch {
        // The server is away for a moment: the next look tells.
      }
    }
    next();
  };
  document.addEventListener("visibilitychange", () => document.hidden || look());
  state.addEventListener("hameau:look", look);
  next();
}

function say(text) {
  const said = document.getElementById("said");
  said.textContent = text;
  said.hidden = false;
}

async function filesOf(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.some((entry) => entry.isDirectory)) return [...transfer.files];
  const found = [];
  const walk = async (entry) => {
    if (entry.name.startsWith(".")) return;
    if (entry.isFile) found.push(await new Promise((yes, no) => entry.file(yes, no)));
    if (!entry.isDirectory) return;
    const reader = entry.createReader();
    for (;;) {
      const some = await new Promise((yes, no) => reader.readEntries(yes, no));
      if (!some.length) return;
      for (const each of some) await walk(each);
    }
  };
  for (const entry of entries) await walk(entry);
  return found;
}

async function send(files) {
  const bar = document.getElementById("sending");
  bar.max = files.length;
  bar.value = 0;
  bar.hidden = false;
  try {
    for (const [index, file] of files.entries()) {
      say(words("sending", { n: index + 1, count: files.length, name: plain(file.name) }));
      const form = new FormData();
      form.append("files", file, file.name);
      const response = await fetch("/api/v1/uploads", { method: "POST", body: form });
      if (!response.ok) {
        const { message, hint } = await failure(response);
        say(`${plain(file.name)} : ${message} ${hint}`);
        return;
      }
      bar.value = index + 1;
    }
    say(words("kept"));
  } catch {
    say(words("broken"));
  } finally {
    bar.hidden = true;
    document.querySelector("[data-live]").dispatchEvent(new Event("hameau:look"));
  }
}

function takeDrops(form) {
  const field = form.querySelector("input[type=file]");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send([...field.files]).then(() => form.reset());
  });
  for (const name of ["dragenter", "dragover"]) {
    document.addEventListener(name, (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      form.classList.add("over");
    });
  }
  document.addEventListener("dragleave", (event) => event.relatedTarget || form.classList.remove("over"));
  document.addEventListener("drop", async (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    form.classList.remove("over");
    const files = await filesOf(event.dataTransfer);
    if (files.length) await send(files);
  });
}

confirmInDialog();
document.querySelectorAll("[data-results]").forEach(searchAsYouType);
document.querySelectorAll("[data-live]").forEach(followProgress);
document.querySelectorAll("form.drop").forEach(takeDrops);
