"""Runs that meet, one step at a time: every order of their steps, up to so many switches from one to the other.

A step ends where an actor is about to begin its next transaction or call. Between two steps only one actor moves, so an
order of steps is a whole description of what happened, and a broken one can be played again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

STEP_LIMIT_S = 60.0
SLEEP = "sleep"


class Killed(BaseException):
    """The actor's process ends here, whatever anybody catches."""


@dataclass(eq=False)
class Actor:
    """One run; whatever it does calls `step` before each transaction and each call to the outside."""

    name: str
    work: Callable[[Actor], None]
    steps: list[str] = field(default_factory=list)
    error: BaseException | None = None
    sleeps: bool = False
    ended: bool = False
    _turn: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    _arrived: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _kill: bool = False

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)
        self._thread.start()
        self._await_arrival()

    def step(self, what: str) -> None:
        """About to do something: waits until it is this actor's turn."""
        self.sleeps = what == SLEEP
        self.steps.append(what)
        self._arrived.set()
        self._turn.acquire()
        if self._kill:
            raise Killed(what)

    def move(self, *, kill: bool = False) -> None:
        """Lets the actor do its step; returns when it stands before the next one, or has ended."""
        self._kill = self._kill or kill
        self._arrived.clear()
        self._turn.release()
        self._await_arrival()

    def join(self) -> None:
        if self._thread is not None:
            self._thread.join(STEP_LIMIT_S)

    def _run(self) -> None:
        try:
            self.step("begin")
            self.work(self)
        except BaseException as error:
            self.error = error
        finally:
            self.ended = True
            self._arrived.set()

    def _await_arrival(self) -> None:
        assert self._arrived.wait(STEP_LIMIT_S), f"{self.name} is stuck after {self.steps[-3:]}"


@dataclass(frozen=True)
class Choice:
    """Who moved, who else could have, and whether that is not what happens by itself."""

    actor: int
    others: tuple[int, ...]
    is_switch: bool


def play(actors: list[Actor], order: tuple[int, ...]) -> list[Choice]:
    """Plays one order: as given, then each actor goes on until it ends, or sleeps, which gives the turn to another."""
    for actor in actors:
        actor.start()
    choices: list[Choice] = []
    current = order[0]
    while any(not actor.ended for actor in actors):
        able = [number for number, actor in enumerate(actors) if not actor.ended]
        goes_on = current in able and not actors[current].sleeps
        usual = current if goes_on else next((number for number in able if number != current), able[0])
        chosen = order[len(choices)] if len(choices) < len(order) else usual
        others = tuple(number for number in able if number != chosen)
        choices.append(Choice(chosen, others, chosen != usual and bool(choices)))
        actors[chosen].move()
        current = chosen
    for actor in actors:
        actor.join()
    return choices


def orders(run: Callable[[tuple[int, ...]], list[Choice]], first: int, switches_max: int) -> Iterator[tuple[int, ...]]:
    """Every order that `first` begins, with at most so many switches; each is run, and given after its run."""
    waiting: list[tuple[int, ...]] = [(first,)]
    while waiting:
        order = waiting.pop()
        choices = run(order)
        yield tuple(choice.actor for choice in choices)
        switches = 0
        for place, choice in enumerate(choices):
            if place >= len(order) and switches < switches_max:
                begun = tuple(one.actor for one in choices[:place])
                waiting += [(*begun, other) for other in choice.others]
            switches += choice.is_switch
