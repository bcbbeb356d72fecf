import { act, ask, register, tell, withStepUp } from "./passkeys.js";

const one = (id) => document.getElementById(id);
const day = (moment) => new Date(moment).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });

// All text that came from anybody goes in as text, never as markup.
function item(title, more, ...buttons) {
  const line = document.createElement("li");
  const words = document.createElement("span");
  words.append(title, document.createElement("br"));
  const quiet = document.createElement("small");
  quiet.textContent = more;
  words.append(quiet);
  line.append(words, ...buttons);
  return line;
}

function button(text, label, work) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.setAttribute("aria-label", label);
  act(made, work);
  return made;
}

async function fill(id, path, key, show) {
  const found = (await ask("GET", path))[key];
  one(id).replaceChildren(...found.map(show));
}

const showPasskeys = () =>
  fill("passkeys", "/api/v1/passkeys", "passkeys", (known) =>
    item(
      `Made ${day(known.made_at)}`,
      `last used ${day(known.used_at)}`,
      button("Remove", `Remove the passkey made ${day(known.made_at)}`, async () => {
        await withStepUp(() => ask("DELETE", `/api/v1/passkeys/${known.id}`));
        tell("The passkey is removed.");
        await showPasskeys();
        await showSessions();
      }),
    ),
  );

const showSessions = () =>
  fill("sessions", "/api/v1/sessions", "sessions", (known) =>
    item(
      known.is_this ? `${known.agent} (here)` : known.agent,
      `since ${day(known.made_at)}, last used ${day(known.seen_at)}`,
      ...(known.is_this
        ? []
        : [
            button("Sign out", `Sign out of ${known.agent}`, async () => {
              await ask("DELETE", `/api/v1/sessions/${known.id}`);
              await showSessions();
            }),
          ]),
    ),
  );

const showTokens = () =>
  fill("tokens", "/api/v1/tokens", "tokens", (known) =>
    item(
      known.name,
      `${known.scopes.join(", ")}; ends ${day(known.ends_at)}`,
      button("End", `End the token ${known.name}`, async () => {
        await ask("DELETE", `/api/v1/tokens/${known.id}`);
        await showTokens();
      }),
    ),
  );

function tellOnce(words, secret) {
  tell(words);
  const shown = document.createElement("code");
  shown.textContent = secret;
  one("told").append(document.createElement("br"), shown);
  one("told").scrollIntoView({ block: "nearest" });
}

function invited(made) {
  tellOnce("Hand this link to them alone. It is shown once and works once, for three days:", made.link);
  return showPeople();
}

const showPeople = () =>
  fill("people", "/api/v1/users", "users", (known) => {
    const buttons = [];
    if (mayChange && known.id !== me.id) {
      buttons.push(
        button("Invite again", `Invite ${known.name} again`, async () =>
          invited(await withStepUp(() => ask("POST", `/api/v1/users/${known.id}/invite`))),
        ),
      );
      if (known.state !== "disabled") {
        buttons.push(
          button("Disable", `Let ${known.name} in no more`, async () => {
            await withStepUp(() => ask("DELETE", `/api/v1/users/${known.id}`));
            tell(`${known.name} is let in no more.`);
            await showPeople();
          }),
        );
      }
    }
    return item(known.name, `${known.role}, ${known.state}; ${known.id}`, ...buttons);
  });

act(one("sign-out"), async () => {
  await ask("DELETE", "/api/v1/session");
  location.assign("/sign-in");
});

act(one("add-passkey"), async () => {
  const { publicKey } = await withStepUp(() => ask("POST", "/api/v1/passkeys/challenge"));
  const credential = await register(publicKey);
  await withStepUp(() => ask("POST", "/api/v1/passkeys", { credential }));
  tell("The passkey is added.");
  await showPasskeys();
});

act(one("end-others"), async () => {
  await ask("DELETE", "/api/v1/sessions");
  await showSessions();
});

act(one("new-token"), async () => {
  const form = new FormData(one("new-token"));
  const scopes = form.getAll("scopes");
  if (!scopes.length) throw new Error("Say what the token may do.");
  const sent = { name: form.get("name"), scopes, days: Number(form.get("days")) };
  const made = await withStepUp(() => ask("POST", "/api/v1/tokens", sent));
  one("new-token").reset();
  tellOnce("Copy the token now. It is shown once:", made.token);
  await showTokens();
});

act(one("new-user"), async () => {
  const form = new FormData(one("new-user"));
  const sent = { name: form.get("name"), role: form.get("role") };
  const made = await withStepUp(() => ask("POST", "/api/v1/users", sent));
  one("new-user").reset();
  await invited(made);
});

function offer(scope) {
  const label = document.createElement("label");
  const box = document.createElement("input");
  box.type = "checkbox";
  box.name = "scopes";
  box.value = scope;
  label.append(box, scope);
  return label;
}

let me;
let mayChange = false;

async function start() {
  me = await ask("GET", "/api/v1/session");
  mayChange = me.acts.includes("users:change");
  one("name").textContent = me.name;
  const until = `signed in until ${day(me.ends_at)} at the latest`;
  one("who").textContent = `${me.role}; ${me.id} in the audit log; ${until}`;
  one("scopes").append(...me.scopes.map(offer));
  await Promise.all([showPasskeys(), showSessions(), showTokens()]);
  if (me.acts.includes("users:see")) {
    one("people-section").removeAttribute("hidden");
    if (mayChange) one("new-user").removeAttribute("hidden");
    await showPeople();
  }
  document.body.dataset.ready = "yes";
}

start().catch((error) => {
  if (error.status === 401) location.replace("/sign-in");
  else tell(error.message, true);
});
