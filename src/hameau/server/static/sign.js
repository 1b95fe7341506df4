// Keeps the sign of the border true on a page that stays open.

const EVERY = 30000;
const place = document.getElementById("sign");
let timer;

async function look() {
  clearTimeout(timer);
  timer = setTimeout(look, EVERY);
  if (document.hidden || place.contains(document.activeElement)) return;
  try {
    const response = await fetch(place.dataset.live, { headers: { Accept: "text/html" } });
    if (!response.ok) return;
    const made = new DOMParser().parseFromString(await response.text(), "text/html");
    const sign = made.querySelector(".sign");
    if (sign && sign.outerHTML !== place.querySelector(".sign")?.outerHTML) place.replaceChildren(sign);
  } catch {
    // Hameau is away for a moment: the next look tells.
  }
}

timer = setTimeout(look, EVERY);
document.addEventListener("visibilitychange", () => document.hidden || look());
window.addEventListener("pageshow", (event) => event.persisted && look());
