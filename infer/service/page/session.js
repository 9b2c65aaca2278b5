// The answer to a document and a video of its person.

import { element, number } from "/assets/elements.js";
import { sentence } from "/assets/service.js";
import { timeline } from "/assets/timeline.js";
import { icon, words } from "/assets/verdicts.js";

const TITLES = { match: "Same person throughout", no_match: "No match", no_face: "No answer" };
const LOWEST = -0.25; // similarities below are drawn there

/** What is shown for an answer of POST /session. */
export function session(answer) {
  const kind = answer.verdict ?? "no_face";
  const looked = answer.frames.some((frame) => frame.synthetic !== null);
  return element("article", { class: `pair session ${kind}` },
    element("div", { class: "verdict" },
      icon(words(kind).icon),
      element("div", {}, element("h2", {}, TITLES[kind]), kind === "match" ? element("p", {}, sentence(answer.statement)) : null)),
    over("Similarity to the document over the seconds of the video", {
      points: answer.frames.map(({ seconds, similarity }) => ({ seconds, value: similarity })),
      limit: answer.threshold, from: LOWEST, switches: answer.switches.map(({ seconds }) => seconds),
    }),
    looked ? over("P(synthetic), half a second at a time", {
      points: answer.frames.map(({ seconds, synthetic }) => ({ seconds, value: synthetic })),
      limit: answer.synthetic_threshold,
    }) : null,
    element("ul", { class: "reasons" }, ...answer.reasons.map((reason) => element("li", {}, sentence(reason)))),
    ...[answer.threshold_doubt, answer.synthetic_statement].filter((text) => text !== null)
      .map((text) => element("p", { class: "limits" }, sentence(text))));
}

/** One sentence, for the status line. */
export function sessionSummary(answer) {
  return `${TITLES[answer.verdict ?? "no_face"]}. Similarity ${number(answer.similarity, 3)}.`;
}

function over(caption, drawn) {
  return element("figure", { class: "over" },
    element("figcaption", {}, caption),
    timeline({ ...drawn, label: `${caption}: ${drawn.points.length} points, the threshold is ${number(drawn.limit)}` }));
}
