// What a model writes, with the few signs of Markdown that models use. Builds elements and sets their text: never HTML.
// Links stay text, pictures stay their description: nothing here can lead anywhere or fetch anything.
import { plain } from "./page.js";

const INLINE = /(`+)([^`]|[^`][\s\S]*?[^`])\1(?!`)|\*\*(?=\S)([\s\S]*?\S)\*\*|(?<![\w*])\*(?=[^\s*])([^*\n]*?[^\s*])\*(?![\w*])|(?<!\w)_(?=[^\s_])([^_\n]*?[^\s_])_(?!\w)|~~(?=\S)([\s\S]*?\S)~~|!?\[([^\]\n]{0,500})\]\(([^()\s]*(?:\([^()\s]*\)[^()\s]*)?)(?:\s+"[^"]*")?\)/;
const FENCE = /^\s{0,3}(`{3,}|~{3,})\s*([\w+#.-]*)/;
const HEADING = /^\s{0,3}(#{1,6})\s+(.*?)\s*#*\s*$/;
const ITEM = /^(\s*)(?:([-*+•])|(\d{1,9})[.)])\s+(.*)$/;
const RULE = /^\s{0,3}([-*_])(?:\s*\1){2,}\s*$/;
const ROW = /^\s*\|?(.+\|.*)$/;
const PARTING = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)+\|?\s*$/;
const DEEPEST = 6;

function made(tag, ...children) {
  const element = document.createElement(tag);
  element.append(...children);
  return element;
}

/** A line's text with what is strong, slanted, struck out or code in it. */
function inline(text, depth = 0) {
  const pieces = [];
  let rest = text;
  while (rest) {
    const found = depth < DEEPEST ? INLINE.exec(rest) : null;
    if (!found) break;
    if (found.index) pieces.push(rest.slice(0, found.index));
    const [whole, , code, strong, star, line, struck, label, address] = found;
    if (code !== undefined) pieces.push(made("code", code.trim() || code));
    else if (strong !== undefined) pieces.push(made("strong", ...inline(strong, depth + 1)));
    else if (star !== undefined || line !== undefined) pieces.push(made("em", ...inline(star ?? line, depth + 1)));
    else if (struck !== undefined) pieces.push(made("s", ...inline(struck, depth + 1)));
    else if (whole.startsWith("!")) pieces.push(label);
    else pieces.push(...inline(label, depth + 1), address && address !== label ? ` (${address})` : "");
    rest = rest.slice(found.index + whole.length);
  }
  if (rest) pieces.push(rest);
  return pieces;
}

function lines(texts) {
  return texts.flatMap((text, n) => (n ? [made("br"), ...inline(text)] : inline(text)));
}

/** One block at ``at``: its element, and where the next one begins. */
class Reader {
  constructor(text, depth, headings) {
    this.rows = text.split("\n");
    this.at = 0;
    this.depth = depth;
    this.headings = headings;
  }

  *blocks() {
    while (this.at < this.rows.length) {
      const row = this.rows[this.at];
      if (!row.trim()) this.at += 1;
      else if (FENCE.test(row)) yield this.code();
      else if (HEADING.test(row)) yield this.heading();
      else if (RULE.test(row)) yield (this.at += 1, made("hr"));
      else if (/^\s{0,3}>/.test(row)) yield this.quote();
      else if (ITEM.test(row)) yield this.list();
      else if (ROW.test(row) && PARTING.test(this.rows[this.at + 1] ?? "")) yield this.table();
      else yield this.paragraph();
    }
  }

  code() {
    const [, fence] = FENCE.exec(this.rows[this.at]);
    const found = [];
    this.at += 1;
    while (this.at < this.rows.length && !this.rows[this.at].trim().startsWith(fence)) found.push(this.rows[this.at++]);
    this.at += 1;
    const block = made("pre", made("code", found.join("\n")));
    block.tabIndex = 0;
    return block;
  }

  /** Levels never jump, whatever was written: under the page's own. */
  heading() {
    const [, signs, text] = HEADING.exec(this.rows[this.at]);
    this.at += 1;
    while (this.headings.length && this.headings.at(-1) >= signs.length) this.headings.pop();
    this.headings.push(signs.length);
    return made(`h${Math.min(6, 2 + this.headings.length)}`, ...inline(text));
  }

  quote() {
    const found = [];
    while (this.at < this.rows.length && /^\s{0,3}>/.test(this.rows[this.at])) {
      found.push(this.rows[this.at++].replace(/^\s{0,3}> ?/, ""));
    }
    return made("blockquote", ...this.within(found.join("\n")));
  }

  within(text) {
    return this.depth < DEEPEST ? new Reader(text, this.depth + 1, this.headings).blocks() : [text];
  }

  list() {
    const [, indent, , number] = ITEM.exec(this.rows[this.at]);
    const list = made(number ? "ol" : "ul");
    if (number && Number(number) !== 1) list.start = Number(number);
    while (this.at < this.rows.length) {
      const item = ITEM.exec(this.rows[this.at]);
      if (!item || item[1].length > indent.length + 3 || item[1].length < indent.length || !item[3] !== !number) break;
      list.append(made("li", ...this.item(item)));
    }
    return list;
  }

  item([whole, indent, , , first]) {
    const margin = whole.length - first.length;
    const found = [first];
    this.at += 1;
    while (this.at < this.rows.length) {
      const row = this.rows[this.at];
      const inside = row.search(/\S/);
      if (inside < 0 && !/^\s+\S/.test(this.rows[this.at + 1] ?? "")) break;
      if (inside >= 0 && inside <= indent.length && (ITEM.test(row) || found.at(-1) === "" || HEADING.test(row) || FENCE.test(row))) break;
      found.push(inside < 0 ? "" : row.slice(Math.min(inside, margin)));
      this.at += 1;
    }
    while (this.at < this.rows.length && !this.rows[this.at].trim() && ITEM.test(this.rows[this.at + 1] ?? "")) this.at += 1;
    const blocks = [...this.within(found.join("\n"))];
    return blocks[0]?.tagName === "P" ? [...blocks[0].childNodes, ...blocks.slice(1)] : blocks;
  }

  table() {
    const cells = (row) => row.trim().replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim());
    const head = cells(this.rows[this.at]);
    const table = made("table", made("thead", made("tr", ...head.map((cell) => made("th", ...inline(cell))))));
    const body = made("tbody");
    this.at += 2;
    while (this.at < this.rows.length && this.rows[this.at].includes("|")) {
      body.append(made("tr", ...cells(this.rows[this.at++]).map((cell) => made("td", ...inline(cell)))));
    }
    table.append(body);
    const frame = made("div", table);
    frame.className = "rows";
    frame.tabIndex = 0;
    return frame;
  }

  paragraph() {
    const found = [];
    while (this.at < this.rows.length && this.rows[this.at].trim()) {
      const row = this.rows[this.at];
      if (found.length && (FENCE.test(row) || HEADING.test(row) || ITEM.test(row) || /^\s{0,3}>/.test(row))) break;
      found.push(row.trim());
      this.at += 1;
    }
    return made("p", ...lines(found));
  }
}

/** Puts what `text` says into `element`, in place of what was there. */
export function render(element, text) {
  element.replaceChildren(...new Reader(plain(text.replace(/\r\n?/g, "\n").replace(/\t/g, "    ")), 0, []).blocks());
}
