// The page: photographs come in by drop, choice or paste, are classified where the service has a classifier, and
// compared as soon as there are two. A photograph and a video are a session.

import { classes, classesSummary } from "/assets/classes.js";
import { number } from "/assets/elements.js";
import { card } from "/assets/faces.js";
import * as service from "/assets/service.js";
import { session, sessionSummary } from "/assets/session.js";
import { result, summary } from "/assets/verdicts.js";

const at = (id) => document.getElementById(id);
const { Refusal, sentence } = service;
const limits = { max_photographs: 10, max_upload_bytes: Infinity };
let photographs = []; // {file, url, video}, video: whether it is one; forgotten with the page
let answer = null; // of the service, to these very photographs
let met = null; // the same for a document and a video
let classified = null; // the same of its classifier, if it has one
let compares = true; // whether the service has an encoder
let classifies = false; // and a classifier
let running = null; // AbortController of the request under way

/** Add files, as many as fit, and compare. */
function add(files) {
  const images = [...files].filter((file) => isVideo(file) || file.type.startsWith("image/") || file.type === "" || /\.p[gpn]m$/i.test(file.name));
  const room = limits.max_photographs - photographs.length;
  if (files.length && !images.length) return tell("These are no photographs. JPEG, PNG, WebP, BMP and TIFF are read, and videos.");
  if (!images.length) return;
  if (room > 0) {
    photographs.push(...images.slice(0, room).map((file) => ({ file, url: URL.createObjectURL(file), video: isVideo(file) })));
    change();
  }
  if (images.length > room) {
    tell(`Ten photographs at a time: ${images.length - room} ${images.length - room === 1 ? "was" : "were"} left out.`);
  }
}

function isVideo(file) {
  return file.type.startsWith("video/") || /\.(mp4|mov|mkv|webm|avi|m4v)$/i.test(file.name);
}

function remove(photograph) {
  const index = photographs.indexOf(photograph);
  URL.revokeObjectURL(photograph.url);
  photographs.splice(index, 1);
  change();
  const left = document.querySelectorAll(".card .remove");
  (left[Math.min(index, left.length - 1)] ?? at("choose")).focus();
}

function clear() {
  for (const { url } of photographs) URL.revokeObjectURL(url);
  photographs = [];
  change();
  at("choose").focus();
}

function change() {
  answer = classified = met = null;
  tell(null);
  compare();
}

async function compare() {
  running?.abort();
  running = null;
  const size = photographs.reduce((sum, { file }) => sum + file.size, 0);
  const videos = photographs.filter(({ video }) => video);
  const isSession = compares && videos.length === 1 && photographs.length === 2;
  if (photographs.length < (classifies ? 1 : 2)) return draw();
  if (compares && videos.length && !isSession && !(classifies && videos.length === photographs.length)) {
    draw();
    return tell("A video is compared with one photograph, that of a document. Remove the other ones.");
  }
  if (size > limits.max_upload_bytes) {
    draw();
    return tell(`${megabytes(size)} MB are too much: the service takes ${megabytes(limits.max_upload_bytes)} MB at a time. Remove a photograph.`);
  }
  const mine = new AbortController();
  running = mine;
  tell(null);
  draw();
  try {
    const files = photographs.map(({ file }) => file);
    const document = photographs.find(({ video }) => !video);
    const answers = await Promise.all([
      compares && files.length > 1 && !videos.length ? service.verify(files, mine.signal) : null,
      classifies && !isSession ? service.classify(files, mine.signal) : null,
      isSession ? service.session(document.file, videos[0].file, mine.signal) : null,
    ]);
    [answer, classified, met] = answers;
  } catch (error) {
    if (mine.signal.aborted) return;
    mine.abort(); // the other of two requests
    if (!(error instanceof Refusal)) throw error;
    tell(error.message, error.passing);
  } finally {
    if (running === mine) {
      running = null;
      draw();
    }
  }
}

function draw() {
  const some = photographs.length > 0;
  document.body.classList.toggle("filled", some);
  at("cards").hidden = !some;
  at("clear").hidden = !some;
  at("choose").textContent = some ? "Add photographs" : "Choose photographs";
  at("choose").disabled = photographs.length >= limits.max_photographs;
  at("cards").replaceChildren(
    ...photographs.map((photograph, index) =>
      card(photograph, index, answer?.photographs[index] ?? null, (classified ?? met) !== null, () => remove(photograph))),
  );
  at("cards").style.setProperty("--columns", columns(photographs.length));
  at("cards").classList.toggle("busy", running !== null);
  at("progress").hidden = running === null;
  at("result").hidden = (answer ?? classified ?? met) === null;
  at("result").replaceChildren(
    ...(answer ? result(answer, photographs) : []),
    ...(met ? [session(met)] : []),
    ...(classified ? [classes(classified)] : []),
  );
  at("status").textContent = status();
  at("status").classList.toggle("unseen", !at("result").hidden);
}

/** Cards in a row, so that rows come out even. */
function columns(count) {
  if (count <= 6) return Math.max(count, 1);
  return count <= 8 ? 4 : 5;
}

function status() {
  const film = photographs.some(({ video }) => video);
  if (running && film) return "Looking at the video …";
  if (running) return photographs.length > 1 ? `Comparing ${photographs.length} photographs …` : "Looking at the photograph …";
  const told = [answer ? summary(answer) : "", met ? sessionSummary(met) : "", classified ? classesSummary(classified) : ""].filter(Boolean);
  if (told.length) return told.join(" ");
  if (photographs.length !== 1 || !compares) return "";
  return film ? "Add the photograph of a document to compare it with." : "Add the photograph to compare it with.";
}

function tell(message, passing = false) {
  at("error").hidden = message === null;
  at("error-text").textContent = message ?? "";
  at("again").hidden = !passing;
}

function megabytes(bytes) {
  return number(bytes / 1e6, bytes < 1e7 ? 1 : 0);
}

async function introduce() {
  try {
    const state = await service.health();
    Object.assign(limits, state.limits);
    compares = state.model !== null;
    classifies = state.classifier !== null;
    const shown = state.model ?? state.classifier;
    const threshold = state.threshold ?? { value: state.classifier.threshold, source: state.classifier.threshold_source };
    at("model").textContent = `${shown.name} · threshold ${number(threshold.value)}`;
    at("model").title = `${shown.backbone ?? shown.network}; threshold: ${threshold.source}`;
    if (compares) {
      at("question").textContent = state.model.synthetic.judged ? "The same person? And real?" : "The same person?";
      at("claim").textContent = sentence(state.model.synthetic.statement);
    } else {
      document.querySelector(".lead").firstChild.textContent = "";
    }
    if (classifies) inviteOne();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    tell(error.message);
  }
}

/** Words for a service that looks at single photographs, too. */
function inviteOne() {
  at("question").textContent = compares ? "The same person? Synthetic?" : "Synthetic?";
  at("claim").textContent += " A classifier looks at each photograph and video by itself.";
  document.querySelector(".invitation .coarse-hide").textContent = compares
    ? "Drop one to ten photographs here, a video, or both" : "Drop one to ten photographs or videos here";
  document.querySelector(".invitation .coarse-only").textContent = compares ? "One to ten photographs, a video, or both" : "One to ten photographs or videos";
  if (photographs.length) compare();
}

function listen() {
  at("choose").addEventListener("click", () => at("files").click());
  at("files").addEventListener("change", () => {
    add(at("files").files);
    at("files").value = "";
  });
  at("clear").addEventListener("click", clear);
  at("again").addEventListener("click", compare);
  document.addEventListener("paste", (event) => add(event.clipboardData?.files ?? []));
  let depth = 0; // dragenter and dragleave come from every element that is passed
  const over = (inside) => document.body.classList.toggle("over", inside);
  const carries = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  document.addEventListener("dragenter", (event) => carries(event) && over(++depth > 0));
  document.addEventListener("dragleave", (event) => carries(event) && over(--depth > 0));
  document.addEventListener("dragover", (event) => carries(event) && event.preventDefault());
  document.addEventListener("drop", (event) => {
    depth = 0;
    over(false);
    if (!carries(event)) return;
    event.preventDefault();
    add(event.dataTransfer.files);
  });
}

listen();
draw();
introduce();
