"""Coming in with a real browser: invitation, passkey, account, step-up, tokens, signing out.

Chromium's virtual authenticator is the device; the server is a process of its own.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from tests.cli.test_serve import serving
from tests.deployments import ACTOR, make_deployment

from fairplate.audit.words import Role
from fairplate.settings import FILE_NAME, read_settings
from fairplate.web.public_url import read_public_url
from fairplate.web.sign_in.invite_links import invite_link
from fairplate.wiring import opened_deployment

PHONE, DESK = (390, 844), (1280, 900)
SIZES = pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
SCHEMES = pytest.mark.parametrize("scheme", ["light", "dark"])
MARKUP = '<img src=x onerror="document.title=1">'


@dataclass
class Town:
    """A server, and what invites people to it."""

    folder: Path
    url: str
    browser: Browser
    addresses: Iterator[int] = field(default_factory=lambda: count(1))

    def invite(self, role: Role = Role.OPERATOR, name: str = "Ada Ranger") -> str:
        with opened_deployment(self.folder, actor=ACTOR) as deployment:
            made = deployment.people.invite(name, "", role)
        return invite_link(read_public_url(read_settings(self.folder).server), made)

    @contextmanager
    def device(self, size: tuple[int, int] = DESK, scheme: str = "light") -> Iterator[Page]:
        """Yield a page of a browser of its own, whose device makes passkeys at once."""
        context = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if scheme == "dark" else "light",
            # Each device is counted for itself, so that no test waits for another's tries.
            extra_http_headers={"X-Forwarded-For": f"192.0.2.{next(self.addresses)}"},
        )
        page = context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on(
            "console",
            lambda one: errors.append(one.text) if "Content Security Policy" in one.text else None,
        )
        dev = context.new_cdp_session(page)
        dev.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        dev.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        try:
            yield page
        finally:
            context.close()
        assert errors == []

    def come_in(self, page: Page, role: Role = Role.OPERATOR, name: str = "Ada Ranger") -> None:
        page.goto("about:blank")  # another # alone loads nothing anew
        page.goto(self.invite(role, name))
        page.get_by_role("button", name="Make a passkey").click()
        page.wait_for_url("**/account")
        page.wait_for_selector("body[data-ready]")


@pytest.fixture(scope="module")
def town(
    request: pytest.FixtureRequest, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Town]:
    folder = make_deployment(request, "sqlite", tmp_path_factory.mktemp("town") / "data")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    path = folder / FILE_NAME
    path.write_text(f"{path.read_text()}\n[server]\nport = {port}\nbehind_proxy = true\n")
    with serving(folder):
        yield Town(folder, f"http://localhost:{port}", browser)


def require_fit(page: Page, size: tuple[int, int]) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


def test_an_invitation_leads_to_the_account_and_is_used_up(town: Town) -> None:
    with town.device() as page:
        link = town.invite(name="Ada Ranger")
        page.goto(link)
        expect(page.get_by_text("For Ada Ranger, as operator.")).to_be_visible()
        assert page.url == f"{town.url}/invite"  # the secret stays in no history
        page.get_by_role("button", name="Make a passkey").click()
        page.wait_for_url("**/account")
        expect(page.get_by_role("heading", name="Ada Ranger")).to_be_visible()
        expect(page.get_by_role("heading", name="People")).to_be_hidden()
        page.goto("about:blank")
        page.goto(link)
        expect(page.get_by_text("counts no more")).to_be_visible()
        expect(page.get_by_role("button", name="Make a passkey")).to_be_hidden()


def test_signing_out_and_in_again_by_keyboard(town: Town) -> None:
    with town.device() as page:
        town.come_in(page)
        page.get_by_role("button", name="Sign out", exact=True).click()
        page.wait_for_url("**/sign-in")
        page.goto(f"{town.url}/account")
        page.wait_for_url("**/sign-in")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == "sign-in"
        page.keyboard.press("Enter")
        page.wait_for_url("**/account")


def test_a_device_without_a_passkey_is_told(town: Town) -> None:
    with town.device() as page:
        page.goto(f"{town.url}/sign-in")
        page.get_by_role("button", name="Sign in").click()
        told = page.get_by_role("status")
        expect(told).to_contain_text("gave no passkey", timeout=30_000)
        expect(page.get_by_role("button", name="Sign in")).to_be_enabled()


def test_a_token_is_made_after_a_step_up_and_ended(town: Town) -> None:
    with town.device() as page:
        town.come_in(page)
        page.get_by_role("button", name="Make a token").click()  # the form asks for a name itself
        page.get_by_label("What for").fill("Wall display")
        page.get_by_role("button", name="Make a token").click()
        expect(page.get_by_text("Say what the token may do.")).to_be_visible()
        page.get_by_label("alerts:see").check()
        page.get_by_role("button", name="Make a token").click()
        expect(page.locator("#told code")).to_have_text(page.locator("#told code").inner_text())
        assert page.locator("#told code").inner_text().startswith("fpt1_")
        page.get_by_role("button", name="End the token Wall display").click()
        expect(page.locator("#tokens li")).to_have_count(0)


def test_the_only_passkey_stays_and_a_device_makes_no_second(town: Town) -> None:
    with town.device() as page:
        town.come_in(page)
        page.get_by_role("button", name="Remove the passkey").click()
        expect(page.locator("#told")).to_contain_text("another way to come in")
        page.get_by_role("button", name="Add a passkey").click()
        expect(page.locator("#told")).to_contain_text("has a passkey of yours already")
        expect(page.locator("#passkeys li")).to_have_count(1)


def test_an_administrator_invites_somebody_and_disables_them(town: Town) -> None:
    with town.device() as page:
        town.come_in(page, Role.ADMINISTRATOR, "Eve Warden")
        page.locator("#new-user [name=name]").fill(MARKUP)
        page.get_by_role("button", name="Invite", exact=True).click()
        link = page.locator("#told code").inner_text()
        assert link.startswith(f"{town.url}/invite#")
        with town.device(PHONE) as phone:
            phone.goto(link)
            expect(phone.get_by_text(f"For {MARKUP}, as operator.")).to_be_visible()
            phone.get_by_role("button", name="Make a passkey").click()
            phone.wait_for_url("**/account")
            expect(phone.get_by_role("heading", name=MARKUP)).to_be_visible()
            page.reload()
            page.get_by_role("button", name=f"Let {MARKUP} in no more").click()
            expect(page.locator("#told")).to_contain_text("is let in no more")
            phone.reload()
            phone.wait_for_url("**/sign-in")
        assert page.title() == "Your account · Fairplate"
        expect(page.get_by_role("button", name="Let Eve Warden in no more")).to_have_count(0)


@SIZES
@SCHEMES
def test_the_pages_are_accessible_and_fit(town: Town, size: tuple[int, int], scheme: str) -> None:
    with town.device(size, scheme) as page:
        page.goto(f"{town.url}/sign-in")
        require_fit(page, size)
        page.goto(f"{town.url}/invite#fpi1_{'A' * 43}")
        expect(page.get_by_text("counts no more")).to_be_visible()
        require_fit(page, size)
        town.come_in(page, Role.ADMINISTRATOR, "Untererkirchbergstraßenkreuzung" * 3)
        require_fit(page, size)
