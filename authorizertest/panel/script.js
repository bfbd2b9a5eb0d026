// Shows what is new without loading the page again. The server says when, by server-sent
// events; where these fail, the page looks by itself. All pages work without this script.
"use strict";

const parts = ["main", "controls"]; // what is replaced, by id
const every = 5000; // milliseconds between looks of its own

let looking = false;
let again = false;
let timer = 0;

async function look() {
  if (looking) {
    again = true;
    return;
  }
  looking = true;
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    if (answer.ok) {
      replace(new DOMParser().parseFromString(await answer.text(), "text/html"));
    }
  } catch {
    // The server is gone. The next look may find it.
  }
  looking = false;
  if (again) {
    again = false;
    look();
  }
}

function replace(next) {
  if (getSelection().type === "Range") {
    return; // somebody is about to copy something
  }
  document.body.dataset.version = next.body.dataset.version;
  alarm(next.querySelector(".alarm"));
  for (const id of parts) {
    const old = document.getElementById(id);
    const fresh = next.getElementById(id);
    if (!old || !fresh || old.innerHTML === fresh.innerHTML) {
      continue;
    }
    const state = remember(old);
    old.replaceChildren(...fresh.childNodes);
    restore(old, state);
  }
}

function alarm(fresh) {
  const old = document.querySelector(".alarm");
  if (old && !fresh) {
    old.remove();
  } else if (fresh && !old) {
    document.getElementById("main").before(fresh);
  }
}

// What a reader has opened, scrolled and focused stays so.
function remember(part) {
  const focused = part.contains(document.activeElement) ? document.activeElement : null;
  return {
    open: [...part.querySelectorAll("details[open]")].map((d) => d.id),
    scrolled: [...part.querySelectorAll("[id]")].filter((e) => e.scrollTop || e.scrollLeft)
      .map((e) => [e.id, e.scrollTop, e.scrollLeft]),
    id: focused && focused.id,
    href: focused && focused.getAttribute("href"),
    summary: focused && focused.tagName === "SUMMARY" && focused.parentElement.id,
  };
}

function restore(part, state) {
  const find = (id) => id && part.querySelector("#" + CSS.escape(id));
  for (const id of state.open) {
    const details = find(id);
    if (details) {
      details.open = true;
    }
  }
  for (const [id, top, left] of state.scrolled) {
    const element = find(id);
    if (element) {
      element.scrollTo(left, top);
    }
  }
  const summary = find(state.summary);
  const focus = find(state.id) || (summary && summary.querySelector("summary")) ||
    (state.href && [...part.querySelectorAll("a")].find((a) => a.getAttribute("href") === state.href));
  if (focus) {
    focus.focus({ preventScroll: true });
  }
}

let events = null;

function listen() {
  if (events || document.hidden) {
    return;
  }
  events = new EventSource("events");
  events.onmessage = (event) => {
    clearInterval(timer);
    timer = 0;
    if (event.data !== document.body.dataset.version) {
      look();
    }
  };
  events.onerror = () => {
    timer = timer || setInterval(look, every);
  };
}

// Browsers keep few connections to one server: a page that nobody sees gives its own back.
function stop() {
  events?.close();
  events = null;
  clearInterval(timer);
  timer = 0;
}

document.addEventListener("visibilitychange", () => (document.hidden ? stop() : listen()));
addEventListener("pagehide", stop);
addEventListener("pageshow", listen); // also when the browser has kept the page
listen();
if (document.querySelector("nav [href=cache][aria-current]")) {
  setInterval(() => document.hidden || look(), every); // ages and times left
}
