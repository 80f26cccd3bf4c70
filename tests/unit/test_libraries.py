"""What the browser loads ahead, held to the Streamlit that is installed."""

from pages._libraries import ELEMENTS, SCRIPTS, scripts


def test_every_element_has_its_script():
    assert [name.split(".")[0] for name in scripts()] == list(ELEMENTS)
    assert all((SCRIPTS / name).is_file() for name in scripts())
