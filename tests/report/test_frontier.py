"""Maps and frontiers against the costs of single answers, and the figures drawn from them."""

import math
import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import numpy as np
import pytest
from by_hand import ASK, MONTE_CARLO, line, summary, target_of
from matplotlib.figure import Figure

from sgmbench.report.ask_figures import draw_ask_figures, map_panels, tolerances_around
from sgmbench.report.figures.decision_map import MapPanel, edges, paint_maps
from sgmbench.report.figures.frontier import FrontierPanel, draw_lanes, draw_lines, paint_frontiers, place_of
from sgmbench.report.figures.style import PALETTE, color, figure, hatch
from sgmbench.report.frontier import NOBODY, DecisionMap, Frontier, frontier, map_of_conditions, map_of_tolerances
from sgmbench.report.offers import offers_of
from sgmbench.statistics.crossover import Offer, cheapest, cost, crossover_conditions

SAMPLER = Offer("monte_carlo", 0, True, {"m": 0.0}, {"m": 1.0})
NET = Offer("net", 64, True, {"m": 0.0}, {"m": 0.1}, upfront=30.0, fewest=64.0)
SMALL = Offer("learner", 500, False, {"m": 2e-3}, {"m": 1.0}, upfront=60.0, seconds_a_sample=1e-3)
LARGE = Offer("learner", 20_000, False, {"m": 1e-4}, {"m": 1.0}, upfront=300.0, seconds_a_sample=1e-3)
OFFERS = [SAMPLER, NET, SMALL, LARGE]
COSTS = np.geomspace(1e-6, 1e6, 25)
CONDITIONS = np.array([1.0, 2.0, 3.0, 7.0, 50.0, 1_000.0, 1e5])


@pytest.mark.parametrize("tolerance", [0.3, 0.05, 0.005])
def test_each_cell_of_a_map_is_the_cheapest_at_its_center(tolerance):
    found = map_of_conditions(OFFERS, COSTS, CONDITIONS, tolerance=tolerance)
    assert found.winners.shape == (7, 25)
    for row, Q in zip(found.winners, CONDITIONS, strict=True):
        for winner, c in zip(row, COSTS, strict=True):
            best = cheapest(OFFERS, tolerance=tolerance, conditions=int(Q), cost_per_run=float(c))
            assert OFFERS[winner] is best


def test_each_cell_of_a_map_of_one_law_is_the_cheapest_at_its_center():
    tolerances = np.geomspace(0.004, 0.9, 11)
    found = map_of_tolerances(OFFERS, COSTS, tolerances)
    for row, eps in zip(found.winners, tolerances, strict=True):
        for winner, c in zip(row, COSTS, strict=True):
            best = cheapest(OFFERS, tolerance=float(eps), conditions=1, cost_per_run=float(c))
            assert OFFERS[winner] is best


def test_where_no_method_reaches_the_tolerance_nobody_wins():
    found = map_of_conditions([SMALL, LARGE], COSTS, CONDITIONS, tolerance=0.009)
    assert (found.winners == NOBODY).all()


def test_the_border_of_a_map_is_the_crossover():
    """At 1 s a run the learner's column turns at the crossover by hand: 20,300 / (400 - 0.001 M)."""
    Q = np.arange(1.0, 200.0)
    found = map_of_conditions([SAMPLER, LARGE], np.array([1.0, 2.0]), Q, tolerance=0.05)
    first = Q[found.winners[:, 0] == 1][0]
    assert first == crossover_conditions(LARGE, SAMPLER, tolerance=0.05, cost_per_run=1.0) == 51


def test_a_frontier_is_the_least_cost_over_budgets():
    eps = np.geomspace(0.005, 0.5, 30)
    found = frontier(OFFERS, eps, conditions=100, cost_per_run=0.1)
    assert list(found.costs) == ["monte_carlo", "net", "learner"]
    for i, tolerance in enumerate(eps):
        at = {"tolerance": float(tolerance), "conditions": 100, "cost_per_run": 0.1}
        assert found.costs["learner"][i] == min(cost(SMALL, **at), cost(LARGE, **at))
        assert found.costs["monte_carlo"][i] == cost(SAMPLER, **at)
    assert found.reach == {"monte_carlo": 0.0, "net": 0.0, "learner": pytest.approx(0.01)}
    assert np.array_equal(np.isinf(found.costs["learner"]), eps <= 0.01)
    assert found.never == found.reach


def test_on_a_frontier_what_is_sure_and_what_is_expected_are_two_things():
    law = Offer("learner", 10, False, {"q": 0.04}, {"q": 1.0}, limit={"q": 0.001}, expected={"q": 0.01})
    blind = Offer("blind", 10, False, {"q": 0.04}, {"q": 1.0}, limit={"q": 0.04}, expected={"q": 0.04})
    found = frontier([law, blind], np.array([0.1]), conditions=1, cost_per_run=1.0)
    assert found.reach == {"learner": 0.2, "blind": 0.2}
    assert found.never == {"learner": 0.1, "blind": 0.0}


def test_halving_the_tolerance_takes_four_times_the_runs_on_the_frontier():
    found = frontier([SAMPLER], np.array([0.1, 0.05, 0.025]), conditions=10, cost_per_run=2.0)
    assert found.costs["monte_carlo"].tolist() == [2_000, 8_000, 32_000]


def test_edges_lie_halfway_in_the_logarithm():
    assert edges(np.array([1.0, 100.0, 10_000.0])) == pytest.approx([0.1, 10, 1_000, 100_000])


def test_tolerances_go_ten_times_beyond_what_is_asked_and_not_above_one():
    assert tolerances_around([0.02, 0.05], 3) == pytest.approx([0.002, 0.0316228, 0.5], rel=1e-5)
    assert tolerances_around([0.2], 2)[-1] == 1


def drawn(folder, made):
    draw_ask_figures(folder, made, made.targets[0])
    return sorted(path.name for path in folder.iterdir())


def test_every_target_with_an_answer_has_both_figures_with_the_same_bytes_again(tmp_path):
    learner = line("learner", 1000, 0.05, seconds={"train": 50.0, "sample": 1.0})
    asks = [ASK, ASK | {"tolerance": 0.02, "cost_per_run": ["measured", 5.0], "workers": 8}]
    made = summary(MONTE_CARLO, learner, ask=asks)
    names = ["conditional_decision_map.svg", "conditional_frontier.svg"]
    assert drawn(tmp_path, made) == names
    before = [(tmp_path / name).read_bytes() for name in names]
    drawn(tmp_path, made)
    assert [(tmp_path / name).read_bytes() for name in names] == before
    for content in before:
        assert ET.fromstring(content).tag == "{http://www.w3.org/2000/svg}svg"
        assert len(content) < 600_000


def test_the_map_has_the_colors_of_its_winners_alone(tmp_path):
    """A law that never reaches the tolerance has no region; the learner's vermilion, lightened, has one."""
    learner, hopeless = line("learner", 1000, 0.05), line("hopeless", 1000, 0.5)
    drawn(tmp_path, summary(MONTE_CARLO, learner, hopeless))
    fills = set(re.findall(r"fill: (#[0-9a-f]{6})", (tmp_path / "conditional_decision_map.svg").read_text()))
    lightened = ["#" + "".join(f"{round(255 * (0.75 * v / 255 + 0.25)):02x}" for v in rgb) for rgb in OKABE]
    assert lightened[0] in fills
    assert lightened[1] in fills
    assert lightened[2] not in fills


OKABE = [(0x00, 0x72, 0xB2), (0xD5, 0x5E, 0x00), (0x00, 0x9E, 0x73)]


@pytest.mark.parametrize(("target", "star"), [("conditional", (5.0, 100.0)), ("marginal", (5.0, 0.1))])
def test_a_star_marks_the_cost_and_the_most_conditions_of_the_problem_at_hand_and_circles_what_else_is_asked(
    target, star
):
    """At two costs a run, the first known one being that of the problem, of a law the tolerance."""
    ask = ASK | {"tolerance": 0.1, "conditions": [1, 100], "cost_per_run": [5.0, 60.0]}
    names = ("d01", "d02") if target == "conditional" else ("all",)
    more = {"conditions": names, "target": target}
    lines = [line("monte_carlo", 100, 0.1, kind="sampler", **more), line("learner", 50, 0.01, **more)]
    made = target_of(*lines, names=names, target=target)
    (panel,) = map_panels(made, [ask])
    drawing = Figure()
    paint_maps(drawing, [panel], title="", methods=["monte_carlo", "learner"])
    marks = [
        (each.get_marker(), *map(float, each.get_xydata()[0]))
        for each in drawing.axes[0].lines
        if len(each.get_xydata())
    ]
    assert [(x, y) for marker, x, y in marks if marker == "*"] == [star]
    others = [(x, y) for marker, x, y in marks if marker == "o"]
    rest = [(5.0, 1.0), (60.0, 100.0), (60.0, 1.0)] if target == "conditional" else [(60.0, 0.1)]
    assert others == rest
    left, right = drawing.axes[0].get_xlim()
    assert left < star[0] < right


def test_a_law_without_conditions_has_its_map_over_the_tolerance(tmp_path):
    target = {"conditions": ("all",), "target": "marginal"}
    lines = [line("monte_carlo", 100, kind="sampler", **target), line("learner", 50, 0.01, **target)]
    made = summary(*lines, names=("all",), target="marginal")
    assert drawn(tmp_path, made) == ["marginal_decision_map.svg", "marginal_frontier.svg"]


def test_without_an_answer_there_is_no_figure(tmp_path):
    assert drawn(tmp_path, summary(MONTE_CARLO, ask=ASK | {"quantities": ["sd"]})) == []


def test_of_recorded_runs_of_unknown_cost_there_is_a_map_without_a_star_and_no_frontier(tmp_path):
    made = summary(MONTE_CARLO, line("learner", 10, 0.0), ask=ASK | {"cost_per_run": ["measured"]}, seconds=None)
    assert drawn(tmp_path, made) == ["conditional_decision_map.svg"]


def test_measured_costs_come_from_the_references():
    target = target_of(MONTE_CARLO, seconds=0.25)
    assert target.seconds_a_run == 0.25
    assert not math.isnan(offers_of(target, ASK, ["d01"])[0].variance["mean of u"])


def test_where_no_method_reaches_any_tolerance_all_of_the_width_is_out_of_reach():
    """No line tells a scale then, and an axis without one ended the report."""
    costs = {"a": np.full(9, np.inf), "b": np.full(9, np.inf)}
    nowhere = Frontier(np.geomspace(0.01, 0.5, 9), costs, {"a": 0.6, "b": 2}, {"a": 0.0, "b": 2})
    lines, lanes = Figure().subplots(2)
    draw_lines(lines, FrontierPanel(nowhere, "a run", [0.1]), ["a", "b"])
    low, high = lines.get_ylim()
    assert 0 < low < high < np.inf
    assert not lines.texts
    draw_lanes(lanes, nowhere, ["a", "b"], ["a", "b"])
    of_a, of_b = lanes.patches[:2], lanes.patches[2:]
    assert [lane.get_extents().width for lane in of_a] == pytest.approx([0, lanes.bbox.width])
    assert [lane.get_extents().width for lane in of_b] == pytest.approx([lanes.bbox.width, 0])
    assert [text.get_text() for text in lanes.texts] == ["a", "b"]


def test_of_two_methods_of_one_color_the_areas_differ():
    methods = [f"m{i}" for i in range(2 * len(PALETTE) + 1)]
    looks = {(color(methods, label), hatch(methods, label)) for label in methods}
    assert len(looks) == len(methods)
    assert {hatch(methods, label) for label in methods[: len(PALETTE)]} == {""}


def test_what_is_not_told_is_pale():
    """Expected from a tenth on, sure from a fifth: on a logarithmic axis from 1 % to 1, half and 65 % of the width."""
    found = Frontier(np.geomspace(0.01, 1, 9), {"a": np.full(9, np.inf)}, {"a": 0.2}, {"a": 0.1})
    axis = Figure().subplots()
    draw_lanes(axis, found, ["a"], ["a"])
    solid, pale = axis.patches
    assert solid.get_extents().width == pytest.approx(axis.bbox.width / 2)
    assert pale.get_extents().width == pytest.approx(axis.bbox.width * np.log10(2) / 2)
    assert solid.get_alpha() > 2 * pale.get_alpha()


FIFTEEN = [f"method_of_a_long_name_{i}" for i in range(15)]


def boxes(drawing, texts):
    """Where texts are in a figure that is laid out."""
    drawing.draw_without_rendering()
    return [text.get_window_extent() for text in texts if text.get_text()]


def test_fifteen_lines_and_lanes_have_names_inside_the_figure_and_apart(tmp_path):
    """All lines end at one height, and ten of the methods reach only half of the way."""
    eps = np.geomspace(0.01, 1, 41)
    costs = {label: np.where((eps > 0.1) | (i < 5), 100.0, np.inf) for i, label in enumerate(FIFTEEN)}
    reach = {label: 0.0 if i < 5 else 0.1 for i, label in enumerate(FIFTEEN)}
    panel = FrontierPanel(Frontier(eps, costs, reach, reach), "a run", [0.1])
    with figure(tmp_path / "a.svg", size=(5.4, 5.8)) as drawing:
        paint_frontiers(drawing, [panel], FIFTEEN[5:], title="a title", methods=FIFTEEN)
        lines, lanes = drawing.axes
        for axis, expected in ((lines, FIFTEEN), (lanes, FIFTEEN[5:])):
            assert sorted(text.get_text() for text in axis.texts) == sorted(expected)
            found = sorted(boxes(drawing, axis.texts), key=lambda box: box.y0)
            assert all(box.x0 > axis.bbox.x1 and box.x1 <= drawing.bbox.width for box in found)
            assert all(below.y1 <= above.y0 + 0.5 for below, above in pairwise(found))
        for text, patch in zip(lanes.texts, lanes.patches[::2], strict=True):
            at = patch.get_window_extent()
            assert at.y0 < text.get_window_extent().get_points()[:, 1].mean() < at.y1


def test_a_name_stands_beside_where_its_line_ends():
    costs = {"low": np.full(9, 1.0), "high": np.full(9, 1e4)}
    found = Frontier(np.geomspace(0.01, 1, 9), costs, dict.fromkeys(costs, 0.0), dict.fromkeys(costs, 0.0))
    axis = Figure().subplots()
    draw_lines(axis, FrontierPanel(found, "a run", []), ["low", "high"])
    places = {text.get_text(): text.get_position()[1] for text in axis.texts}
    assert places == pytest.approx({each: place_of(costs[each][-1], *axis.get_ylim()) for each in costs})


def test_the_titles_of_a_map_of_long_names_are_inside_and_apart(tmp_path):
    """Nothing is cut, and a name with dollars is no formula."""
    words = "standard deviation of the concentration in the electrode and quantile 0.975 of $potential$ to 5 %"
    law = DecisionMap(np.array([1.0, 10.0]), np.array([1.0, 10.0]), np.zeros((2, 2), int), [SAMPLER])
    panels = [MapPanel(law, law.costs_per_run, words, "conditions", [(1.0, 10.0)])] * 2
    title = "an_experiment_whose_name_goes_on_" * 5 + ", conditional: the cheapest method of $all$"
    with figure(tmp_path / "a.svg", size=(8.8, 4.2)) as drawing:
        paint_maps(drawing, panels, title=title, methods=["monte_carlo"])
        left, right = boxes(drawing, [axis.title for axis in drawing.axes])
        (top,) = boxes(drawing, [drawing._suptitle])
        assert left.x0 >= 0
        assert left.x1 < right.x0
        assert right.x1 <= drawing.bbox.width
        assert (top.x0 >= 0, top.x1 <= drawing.bbox.width, top.y1 <= drawing.bbox.height) == (True, True, True)
        assert top.y0 >= max(left.y1, right.y1)
        said = [drawing.axes[0].get_title(), drawing._suptitle.get_text()]
    assert [each.replace("\n", " ") for each in said[:1]] == [words]
    assert said[1].replace("\n", "") in (title, title.replace(" ", ""))
