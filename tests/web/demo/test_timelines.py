"""What Acme and its customers said to one another, as it stands in the demo."""

from sqlalchemy import func, select, union

from customers.models import Contact, Interaction, Person, Task
from tests.web.demo.conftest import Demo
from web.demo import people, timelines
from web.demo.story import Story


def test_the_register_and_the_timelines_agree_and_some_customers_wait_for_a_call(demo: Demo) -> None:
    with demo.services.db.tenant_session(demo.tenant) as session:
        touched = session.scalar(select(func.count()).where(Person.last_contact_at.is_not(None))) or 0
        longest = select(Interaction.person_id).group_by(Interaction.person_id).having(func.count() > 1)
        stories = session.scalar(select(func.count()).select_from(longest.subquery())) or 0
        known, contacts = session.execute(
            select(func.count(func.distinct(Interaction.person_id)), func.count())
        ).one()
        written = select(Contact.person_id).where(Contact.state == "requested")
        shown = union(select(Interaction.person_id), written).subquery()
        to_show = session.scalar(select(func.count()).select_from(shown))
        states = dict(session.execute(select(Task.state, func.count()).group_by(Task.state)).all())
        late = session.scalar(
            select(func.count()).where(Task.state == "open", Task.due_at < func.now(), Task.owner_id.is_not(None))
        )
        before = select(func.count()).where(
            Interaction.person_id == Person.id, Interaction.at > Person.last_contact_at
        )
        assert session.scalar(before) == 0
        story = Story(people.hired_at(session))
    assert to_show == touched, "whoever was in contact has the contact to show"
    assert 5000 // timelines.EVERY * 0.5 < stories <= 5000 // timelines.EVERY
    assert contacts > known + stories
    assert states["done"] > states["open"] > 0
    assert late
    assert timelines.fill(demo.services, demo.tenant, story, 1.0) >= contacts
    with demo.services.db.tenant_session(demo.tenant) as session:
        assert session.scalar(select(func.count()).select_from(Interaction)) == contacts
