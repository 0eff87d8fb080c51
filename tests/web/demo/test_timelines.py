"""What Acme and its customers said to one another, as it stands in the demo."""

from sqlalchemy import func, select

from customers.models import Interaction, Person, Task
from tests.web.demo.conftest import Demo
from web.demo import people, timelines
from web.demo.story import Story


def test_a_tenth_of_the_customers_have_a_history_and_some_wait_for_a_call(demo: Demo) -> None:
    with demo.services.db.tenant_session(demo.tenant) as session:
        everybody = session.scalar(select(func.count()).select_from(Person)) or 0
        known, contacts = session.execute(
            select(func.count(func.distinct(Interaction.person_id)), func.count())
        ).one()
        states = dict(session.execute(select(Task.state, func.count()).group_by(Task.state)).all())
        late = session.scalar(
            select(func.count()).where(Task.state == "open", Task.due_at < func.now(), Task.owner_id.is_not(None))
        )
        before = select(func.count()).where(
            Interaction.person_id == Person.id, Interaction.at > Person.last_contact_at
        )
        assert session.scalar(before) == 0
        story = Story(people.hired_at(session))
    assert known == -(-everybody // timelines.EVERY)
    assert contacts > 2 * known
    assert states["done"] > states["open"] > 0
    assert late
    assert timelines.fill(demo.services, demo.tenant, story, 1.0) >= contacts
    with demo.services.db.tenant_session(demo.tenant) as session:
        assert session.scalar(select(func.count()).select_from(Interaction)) == contacts
