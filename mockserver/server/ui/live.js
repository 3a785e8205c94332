// Server-sent events read with fetch, because EventSource cannot send the admin token.

import { headers, url } from "./api.js";

const BATCH = 100; // milliseconds: however fast the traffic, the page changes ten times a second
const FIRST_WAIT = 250;
const LONGEST_WAIT = 5000;

/** The stream of events. Dispatches `state` (live, lost, hidden), `exchanges` (a list) and the server's other events. */
export class Live extends EventTarget {
  last = null;
  state = "lost";
  #queue = [];
  #timer = 0;
  #stop = null;
  #wait = FIRST_WAIT;

  start() {
    document.addEventListener("visibilitychange", () => (document.hidden ? this.#pause() : this.#resume()));
    this.#resume();
  }

  /** Begin anew, as with another server: its numbers are not those that were counted so far. */
  forget() {
    this.last = null;
    this.#stop?.abort();
    this.#stop = null;
    this.#resume();
  }

  // A browser grants six streams to a host: a tab that nobody sees gives its own back.
  #pause() {
    this.#stop?.abort();
    this.#stop = null;
    this.#say("hidden");
  }

  async #resume() {
    if (this.#stop || document.hidden) return;
    const stop = (this.#stop = new AbortController());
    while (!stop.signal.aborted) {
      try {
        await this.#read(stop.signal);
      } catch {
        // told by the state; the next round tries again
      }
      if (stop.signal.aborted) return;
      this.#say("lost");
      await new Promise((done) => setTimeout(done, this.#wait));
      this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT);
    }
  }

  async #read(signal) {
    const resume = this.last === null ? {} : { "last-event-id": this.last };
    const response = await fetch(url("events"), { headers: headers({ accept: "text/event-stream", ...resume }), cache: "no-store", signal });
    if (!response.ok) throw new Error(String(response.status));
    this.#wait = FIRST_WAIT;
    this.#say("live");
    let rest = "";
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const events = (rest + value).replaceAll("\r\n", "\n").split("\n\n");
      rest = events.pop();
      for (const event of events) this.#take(event);
    }
  }

  #take(text) {
    let kind = "message";
    const data = [];
    for (const line of text.split("\n")) {
      const colon = line.indexOf(":");
      if (colon < 1) continue; // a comment keeps the connection open
      const field = line.slice(0, colon);
      const value = line.slice(colon + 1).replace(/^ /, "");
      if (field === "event") kind = value;
      else if (field === "data") data.push(value);
      else if (field === "id") this.last = value;
    }
    if (!data.length) return;
    const detail = JSON.parse(data.join("\n"));
    if (kind !== "exchange") return this.dispatchEvent(new CustomEvent(kind, { detail }));
    this.#queue.push(detail);
    this.#timer ||= setTimeout(() => this.#flush(), BATCH);
  }

  #flush() {
    this.#timer = 0;
    const detail = this.#queue;
    this.#queue = [];
    this.dispatchEvent(new CustomEvent("exchanges", { detail }));
  }

  #say(state) {
    if (state === this.state) return;
    this.state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: state }));
  }
}
