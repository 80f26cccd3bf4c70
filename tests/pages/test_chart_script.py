"""What the browser loads ahead, held to the Streamlit that is installed."""

from pages.shared.chart_script import SCRIPTS, script


def test_the_chart_library_is_where_it_is_looked_for():
    assert (SCRIPTS / script()).is_file()
