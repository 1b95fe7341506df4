// Pictures for a model that sees: made small, and without what a camera wrote into them (where, when, with what).
import { words } from "./page.js";

const SIDE = 1024;
const MOST = 4;

function loaded(address) {
  return new Promise((yes, no) => {
    const image = new Image();
    image.onload = () => yes(image);
    image.onerror = () => no(new Error(words("unreadable")));
    image.src = address;
  });
}

function read(file) {
  return new Promise((yes, no) => {
    const reader = new FileReader();
    reader.onload = () => yes(reader.result);
    reader.onerror = () => no(new Error(words("unreadable")));
    reader.readAsDataURL(file);
  });
}

/** `file` as a data: address of a JPEG whose longer side has at most 1024 points. */
async function small(file) {
  const image = await loaded(await read(file));
  const scale = Math.min(1, SIDE / Math.max(image.naturalWidth, image.naturalHeight));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(image.naturalWidth * scale));
  canvas.height = Math.max(1, Math.round(image.naturalHeight * scale));
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/jpeg", 0.9);
}

/** Pictures that wait to be sent, shown in `list`. */
export class Pictures {
  constructor(list, say) {
    this.list = list;
    this.say = say;
    this.all = [];
  }

  async add(files) {
    for (const file of files) {
      if (this.all.length === MOST) break;
      try {
        this.all.push(await small(file));
      } catch (error) {
        this.say(error.message);
      }
    }
    this.show();
  }

  show() {
    this.list.replaceChildren(...this.all.map((address, n) => this.item(address, n)));
    this.list.hidden = !this.all.length;
  }

  item(address, n) {
    const item = document.createElement("li");
    const away = document.createElement("button");
    away.type = "button";
    away.className = "quiet small";
    away.textContent = "×";
    away.setAttribute("aria-label", words("drop", { n: n + 1 }));
    away.addEventListener("click", () => {
      this.all.splice(n, 1);
      this.show();
    });
    item.append(picture(address, n), away);
    return item;
  }

  /** Gives them away: none waits any more. */
  take() {
    const taken = this.all;
    this.all = [];
    this.show();
    return taken;
  }
}

/** One picture as the page shows it. */
export function picture(address, n) {
  const image = document.createElement("img");
  image.src = address;
  image.alt = words("picture", { n: n + 1 });
  return image;
}
