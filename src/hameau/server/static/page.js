// What every script shares: texts of the page, safe text, asking the server, the confirmation dialog.

const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]/g;

/** A text without the controls that could show its words in another order than it has them. */
export function plain(text) {
  return String(text ?? "").replace(HIDDEN, "\ufffd");
}

/** A text of the page in the reader's language, its {fields} filled in. */
export function words(name, fields = {}) {
  const found = document.getElementById("texts")?.content.querySelector(`[data-text="${name}"]`)?.textContent ?? name;
  return found.replace(/\{(\w+)\}/g, (whole, field) => fields[field] ?? whole);
}

/** The error of an answer that is not a success: what happened, and what to do. */
export async function failure(response) {
  try {
    return (await response.json()).error;
  } catch {
    return { message: words("broken"), hint: "" };
  }
}

/** Links with data-confirm lead to a page that asks; with scripts, a dialog asks. */
export function confirmInDialog() {
  const dialog = document.getElementById("confirm");
  const yes = dialog.querySelector("[data-yes]");
  const usual = yes.textContent;
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-confirm]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    document.getElementById("confirm-title").textContent = plain(link.dataset.confirm);
    document.getElementById("confirm-text").textContent = link.dataset.text;
    yes.textContent = link.dataset.yes ?? usual;
    dialog.querySelector("form").action = link.href;
    dialog.showModal();
  });
  dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
}
