"""UM-Bridge models, well and ill, that the tests of `umbridge` serve in a process of their own: python FILE PORT."""

import collections
import itertools
import os
import sys
import threading
import time

import umbridge

calls = itertools.count(1)
attempts = collections.Counter()
in_work, in_work_at_most, lock = 0, 0, threading.Lock()


def forward(parameters, config):
    """u (three values) and q of load and gravity in one vector, two roughnesses and a thickness in another."""
    (load, gravity), (first, second, thickness) = parameters
    factor = config.get("factor", 1.0)
    u = [factor * (load * k + gravity * first * k**2) for k in (1, 2, 3)]
    return [u, [factor * second * thickness]]


def slow_and_out_of_order(parameters, config):
    """Answers later requests sooner, and notes how many are in work at a time."""
    global in_work, in_work_at_most
    with lock:
        in_work += 1
        in_work_at_most = max(in_work, in_work_at_most)
    time.sleep(0.03 * (1 - parameters[0][0]))
    with lock:
        in_work -= 1
    return forward(parameters, config)


def ill_at_the_ends(parameters, config):
    """Gives NaN for large loads and raises for small ones; takes 10 ms."""
    time.sleep(0.01)
    load = parameters[0][0]
    if load < 0.2:
        raise ArithmeticError("too small")
    u, q = forward(parameters, config)
    return [u, [float("nan")] if load > 0.7 else q]


def hangs_above_one_half(parameters, config):
    """Takes long for large loads."""
    next(calls)
    if parameters[0][0] > 0.5:
        time.sleep(30)
    return forward(parameters, config)


def fails_twice(parameters, config):
    """Raises the first two times for each input."""
    next(calls)
    attempts[str(parameters)] += 1
    if attempts[str(parameters)] <= 2:
        raise ConnectionError("no license free")
    return forward(parameters, config)


def dies_after_ten(parameters, config):
    """Takes its server along in its eleventh run."""
    if next(calls) > 10:
        os._exit(1)
    return forward(parameters, config)


def waits(parameters, config):
    """Does not answer."""
    next(calls)
    time.sleep(600)


class Served(umbridge.Model):
    """A function as a model."""

    def __init__(self, function):
        super().__init__(function.__name__)
        self.function = function

    def get_input_sizes(self, config):
        return [2, 3]

    def get_output_sizes(self, config):
        return [3, 1]

    def supports_evaluate(self):
        return True

    def __call__(self, parameters, config):
        return self.function(parameters, config)


class Note(umbridge.Model):
    """What was noted since it was asked for last."""

    def __init__(self, name, take):
        super().__init__(name)
        self.take = take

    def get_input_sizes(self, config):
        return [1]

    def get_output_sizes(self, config):
        return [1]

    def supports_evaluate(self):
        return self.take is not None

    def __call__(self, parameters, config):
        return [[float(self.take())]]


def take_calls():
    """How often the models that count were called."""
    global calls
    counted, calls = next(calls) - 1, itertools.count(1)
    return counted


def take_in_work_at_most():
    """How many requests were in work at a time, at most."""
    global in_work_at_most
    noted, in_work_at_most = in_work_at_most, 0
    return noted


if __name__ == "__main__":
    functions = [
        forward,
        slow_and_out_of_order,
        ill_at_the_ends,
        hangs_above_one_half,
        fails_twice,
        dies_after_ten,
        waits,
    ]
    notes = [Note("calls", take_calls), Note("in_work_at_most", take_in_work_at_most), Note("mute", None)]
    umbridge.serve_models([*map(Served, functions), *notes], port=int(sys.argv[1]), max_workers=32)
