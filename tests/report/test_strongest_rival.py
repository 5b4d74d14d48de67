"""Whether a Generator that wins has met the strongest rival, on summaries made by hand."""

from dataclasses import replace

from by_hand import ASK, MONTE_CARLO, line, summary

from sgmbench.report.answer import answers, replies


def test_that_no_rival_uses_a_known_germ_is_said():
    law, sobol = line("diffusion", 1000, 0.05), line("quasi_monte_carlo", 100, 0.05, kind="sampler")
    said = (
        "No method was run that uses the germ. If it is known, quasi_monte_carlo, control_variate and network are the "
        "rivals to beat; if not, write hide_germ: true."
    )
    assert said in answers(summary(MONTE_CARLO, law))
    assert said not in answers(summary(MONTE_CARLO, law, sobol))
    hidden = summary(MONTE_CARLO, law)
    hidden.record["configuration"]["hide_germ"] = True
    assert said not in answers(hidden)
    assert said not in answers(summary(MONTE_CARLO))
    dear = summary(MONTE_CARLO, law)
    dear.record["configuration"]["reference"] = {"size": 10_000, "held_out": 20}
    learned = said.replace("quasi_monte_carlo, control_variate and network", "polynomial_chaos and network")
    assert learned in answers(dear)


def test_another_question_about_the_same_run_says_so_too():
    law = line("diffusion", 1000, 0.05)
    said = replies(summary(MONTE_CARLO, law), [ASK])[-2]
    assert said.startswith("No method was run that uses the germ.")


def test_that_a_posterior_has_met_no_chains_is_said():
    law, chains = line("diffusion", 1000, 0.05), line("mcmc", 100, 0.05, kind="sampler")
    said = "No chains were run: where the problem has a likelihood, mcmc is the rival to beat."
    assert said in answers(summary(MONTE_CARLO, law, target="posterior"))
    assert said not in answers(summary(chains, law, target="posterior"))
    assert said not in answers(summary(MONTE_CARLO, law))


def test_a_generator_that_wins_where_a_germ_is_known_has_met_the_strongest_rival_or_is_said_not_to_have():
    """A Sobol set is worse than plain runs here, and shows that the germ is known."""
    learner = line("learner", 1000, 0.0, seconds={"train": 50.0})
    sobol = line("sobol", 100, 0.2, kind="sampler", algorithm="quasi_monte_carlo")
    wins = "learner (1,000 runs, 50 s of training) at Q = 100"
    not_met = (
        f"{wins}, not set against control_variate, which was not run; learner (1,000 runs, 50 s of training) overtakes"
    )
    assert not_met in answers(summary(MONTE_CARLO, sobol, learner))[1]
    controlled = line("controlled", 100, 0.2, kind="sampler", algorithm="control_variate")
    assert f"{wins}; learner" in answers(summary(MONTE_CARLO, sobol, controlled, learner))[1]
    assert f"{wins}; learner" in answers(summary(MONTE_CARLO, learner))[1]
    in_vain = replace(controlled, failed=1)
    assert (
        f"{wins}, not set against control_variate, whose cells failed or are invalid; learner"
        in (answers(summary(MONTE_CARLO, sobol, in_vain, learner))[1])
    )


def test_a_generator_that_overtakes_beyond_what_is_asked_has_met_the_strongest_rival_or_is_said_not_to_have():
    learner = line("learner", 1000, 0.0, seconds={"train": 50.0})
    sobol = line("sobol", 100, 0.2, kind="sampler", algorithm="quasi_monte_carlo")
    overtakes = "learner (1,000 runs, 50 s of training) overtakes monte_carlo from 11 conditions"
    few = ASK | {"conditions": [1]}
    said = answers(summary(MONTE_CARLO, sobol, learner, ask=few))[1]
    assert f"monte_carlo is cheapest at Q = 1; {overtakes}, not set against control_variate, which was not run." in said
    controlled = line("controlled", 100, 0.2, kind="sampler", algorithm="control_variate")
    assert f"{overtakes}." in answers(summary(MONTE_CARLO, sobol, controlled, learner, ask=few))[1]
    worse = line("learner", 1000, 0.5, seconds={"train": 50.0})
    assert "control_variate" not in answers(summary(MONTE_CARLO, sobol, worse, ask=few))[1]
