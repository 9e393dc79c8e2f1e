"""Law: what is told of a batch is final before it is learnt, and when it is learnt makes no difference."""

from hypothesis import given, settings

from detector.domain import Reading
from detector.edge.stepping import Here
from detector.stream.batch import Batcher
from tests.fleet import engine
from tests.laws.remembering import copied, everything
from tests.laws.streams import fleets


@settings(max_examples=30)
@given(fleets())
def test_a_report_is_final_before_its_batch_is_learnt(stream: list[Reading]) -> None:
    """Not a bit of a report changes while the engine learns."""
    subject = engine()
    for batch in Batcher(100).cut(stream):
        report, unlearnt = subject.judge(batch)
        told = everything(report)
        subject.learn(unlearnt)
        assert everything(report) == told


@settings(max_examples=30)
@given(fleets())
def test_when_a_batch_is_learnt_makes_no_difference(stream: list[Reading]) -> None:
    """Learnt at once or only when the next batch comes: the same is told, and the same is remembered, nothing of it unlearnt."""
    soon, late = Here(engine()), Here(engine())
    for batch in Batcher(100).cut(stream):
        soon.submit(batch)
        soon.learn()
        late.submit(batch)
    assert [everything(step.report) for step in soon.finished(wait=True)] == [
        everything(step.report) for step in late.finished(wait=True)
    ]
    assert everything(copied(late.engine.freeze())) == everything(copied(soon.engine.freeze()))
