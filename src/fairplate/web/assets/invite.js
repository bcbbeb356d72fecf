import { act, ask, register, tell } from "./passkeys.js";

// The secret is behind the #, which browsers send to no server; it must not stay in the history.
const invite = location.hash.slice(1);
history.replaceState(null, "", "/invite");

const show = (id) => document.getElementById(id).removeAttribute("hidden");

async function look() {
  try {
    const { name, role } = await ask("POST", "/api/v1/invite/challenge", { invite });
    document.getElementById("who").textContent = `For ${name}, as ${role}.`;
    show("what");
    show("join");
  } catch (error) {
    document.getElementById("who").textContent = "";
    const over = "This invitation counts no more, or the link is not whole. Ask for a new one.";
    tell(error.status === 403 || error.status === 422 ? over : error.message, true);
  }
}

act(document.getElementById("join"), async () => {
  const { publicKey } = await ask("POST", "/api/v1/invite/challenge", { invite });
  await ask("POST", "/api/v1/invite", { invite, credential: await register(publicKey) });
  location.assign("/account");
});

look();
