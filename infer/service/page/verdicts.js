// The answer: a matrix of similarities for three photographs and more, and one pair with its verdict and why.

import { element, place, number, shape } from "/assets/elements.js";
import { faceOf, miniature } from "/assets/faces.js";
import { sentence } from "/assets/service.js";

const WORDS = {
  match: { short: "same person", title: "Same person", icon: "M5 12.5l4.5 4.5L19 7.5" },
  no_match: { short: "no match", title: "No match", icon: "M7 7l10 10M17 7L7 17" },
  no_face: { short: "no verdict", title: "No verdict", icon: "M7 12h10" },
};
WORDS.no_image = WORDS.no_face; // the reasons say what is the matter
const SCALE_START = -0.25; // similarities of strangers lie around 0; lower ones are drawn at the start

/** What is shown for an answer of POST /verify. */
export function result(answer, photographs) {
  if (photographs.length === 2) return [pairPanel(answer, answer.pairs[0], photographs)];
  const panel = element("div", { class: "chosen", "aria-live": "polite" });
  const shown = [...answer.pairs].sort((one, other) => (other.similarity ?? -2) - (one.similarity ?? -2))[0];
  const show = (pair) => panel.replaceChildren(pairPanel(answer, pair, photographs));
  show(shown);
  return [
    element("div", { class: "several" },
      element("div", { class: "overview" },
        element("h2", {}, headline(answer)),
        matrix(answer, photographs, shown, show),
        legend(answer),
      ),
      panel,
    ),
  ];
}

/** One sentence about the whole, for the status line and those who do not see the colours. */
export function summary(answer) {
  if (answer.pairs.length > 1) return headline(answer);
  const [pair] = answer.pairs;
  const score = pair.similarity === null ? "" : ` Similarity ${number(pair.similarity, 3)}.`;
  return `${WORDS[pair.verdict].title}.${score}`;
}

function headline(answer) {
  const matches = answer.pairs.filter((pair) => pair.verdict === "match").length;
  if (!matches) return `None of ${answer.pairs.length} pairs is a match`;
  return `${matches} of ${answer.pairs.length} pairs ${matches === 1 ? "is a match" : "are matches"}`;
}

function pairPanel(answer, pair, photographs) {
  const words = WORDS[pair.verdict];
  const several = photographs.length > 2;
  const faces = [pair.first, pair.second].map((index) => {
    const found = answer.photographs[index];
    return element("figure", {},
      found.face ? faceOf(found, index) : element("div", { class: "face" }, miniature(photographs[index], index, found)),
      element("figcaption", {}, place(index)));
  });
  return element("article", { class: `pair ${pair.verdict}` },
    several ? element("div", { class: "both" }, ...faces) : null,
    element("div", { class: "verdict" },
      icon(words.icon),
      element("div", {},
        element(several ? "h3" : "h2", {}, words.title),
        element("p", {}, sentence(pair.statement)))),
    pair.similarity === null ? null : scale(pair.similarity, answer),
    element("ul", { class: "reasons" }, ...pair.reasons.map((reason) => element("li", {}, sentence(reason)))),
    ...limits(answer).map((text) => element("p", { class: "limits" }, sentence(text))),
  );
}

/** What the verdicts of this model do not say, and what speaks against its threshold. */
function limits(answer) {
  return [answer.threshold.doubt, answer.model.synthetic.statement].filter((text) => text !== null);
}

/** Where the score lies against the threshold. */
function scale(similarity, { threshold, model }) {
  const ends = model.synthetic.judged ? ["different, or synthetic", "same and real"] : ["different", "same"];
  const along = (value) => `${(100 * (Math.min(1, Math.max(SCALE_START, value)) - SCALE_START)) / (1 - SCALE_START)}%`;
  const track = element("div", { class: "track" },
    element("span", { class: "below" }), element("span", { class: "above" }),
    element("span", { class: "limit" }), element("span", { class: "score" }));
  const drawn = element("div", { class: "scale", role: "img",
    "aria-label": `Similarity ${number(similarity, 3)}, threshold ${number(threshold.value, 3)}` },
    element("p", { class: "score-text" }, element("strong", {}, number(similarity, 3)), " similarity"),
    track,
    element("p", { class: "limit-text" }, `threshold ${number(threshold.value, 3)}`),
    element("p", { class: "ends" }, ...ends.map((end) => element("span", {}, end))));
  drawn.style.setProperty("--score", along(similarity));
  drawn.style.setProperty("--limit", along(threshold.value));
  drawn.classList.toggle("limit-right", threshold.value > 0.75);
  return drawn;
}

function matrix(answer, photographs, shown, show) {
  const count = photographs.length;
  const cells = [];
  const choose = (cell) => {
    for (const [at, other] of cells) {
      other.tabIndex = at === cell.key ? 0 : -1;
      other.setAttribute("aria-pressed", String(samePair(at, cell.key)));
    }
    show(cell.pair);
  };
  const head = (index, scope) =>
    element("th", { scope }, miniature(photographs[index], index, answer.photographs[index]),
      element("span", {}, place(index)));
  const rows = photographs.map((_, row) =>
    element("tr", {}, head(row, "row"), ...photographs.map((_, column) => {
      if (row === column) return element("td", { class: "self" });
      const pair = pairOf(answer, row, column);
      const key = `${row}-${column}`;
      const button = element("button", {
        type: "button", class: pair.verdict, tabindex: "-1",
        "aria-label": `${place(row)} and ${place(column)}: ${spoken(pair)}`,
        onclick: () => choose({ key, pair }),
      }, pair.similarity === null ? "–" : number(pair.similarity));
      button.style.setProperty("--level", `${level(pair.similarity, answer.threshold.value)}%`);
      cells.push([key, button]);
      return element("td", {}, button);
    })));
  for (const [at, button] of cells) {
    const current = at === `${shown.first}-${shown.second}`;
    button.tabIndex = current ? 0 : -1;
    button.setAttribute("aria-pressed", String(samePair(at, `${shown.first}-${shown.second}`)));
  }
  const table = element("table", { class: `matrix ${count > 7 ? "many" : ""}` },
    element("caption", { class: "unseen" }, "Similarity of each photograph with each; arrow keys move between pairs"),
    element("thead", {}, element("tr", {}, element("td", {}), ...photographs.map((_, index) => head(index, "col")))),
    element("tbody", {}, ...rows));
  table.style.setProperty("--count", count);
  table.addEventListener("keydown", (event) => move(event, new Map(cells), count));
  return element("div", { class: "scroll" }, table);
}

/** Arrow keys go to the next pair in their direction, past the diagonal. */
function move(event, cells, count) {
  const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
  const from = [...cells].find(([, button]) => button === document.activeElement)?.[0];
  if (!step || !from) return;
  event.preventDefault();
  let [row, column] = from.split("-").map(Number);
  do {
    row += step[0];
    column += step[1];
  } while (row === column && row >= 0 && row < count);
  const next = cells.get(`${row}-${column}`);
  next?.focus();
  next?.click();
}

function pairOf(answer, one, other) {
  const [first, second] = one < other ? [one, other] : [other, one];
  return answer.pairs.find((pair) => pair.first === first && pair.second === second);
}

function samePair(one, other) {
  return one === other || one.split("-").reverse().join("-") === other;
}

function spoken(pair) {
  const score = pair.similarity === null ? "" : `${number(pair.similarity)}, `;
  return `${score}${WORDS[pair.verdict].short}`;
}

/** How strongly a cell is coloured, in percent: the farther from the threshold, the stronger. */
function level(similarity, threshold) {
  if (similarity === null) return 0;
  const room = similarity >= threshold ? 1 - threshold : threshold - SCALE_START;
  return Math.round(14 + 46 * Math.min(1, Math.abs(similarity - threshold) / Math.max(room, 0.01)));
}

function legend(answer) {
  const entry = (kind, text) => element("span", { class: kind }, text);
  const faceless = answer.photographs.some((photograph) => !photograph.face);
  return element("p", { class: "legend" },
    entry("match", `same person, ${number(answer.threshold.value)} and above`),
    entry("no_match", "no match"),
    faceless ? entry("no_face", "no face") : null);
}

/** Title and icon of a verdict. */
export function words(verdict) {
  return WORDS[verdict];
}

export function icon(path) {
  return shape("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true" }, shape("path", { d: path }));
}
