"""Charts as options."""

from service.console import charts


def test_the_frontier_is_a_line_with_named_points_on_it():
    options = charts.frontier(
        [{"spend": 1.0, "contribution": 2.0}, {"spend": 2.0, "contribution": 3.0}],
        {"today": (1.5, 2.4)},
        {"spend": "S", "contribution": "C"},
    )
    line, marks = options["series"]
    assert line["data"] == [[1.0, 2.0], [2.0, 3.0]]
    assert marks["data"][0]["value"] == [1.5, 2.4]
    assert (options["xAxis"]["name"], options["yAxis"]["name"]) == ("S", "C")


def test_an_interval_is_drawn_as_a_band_on_its_lower_end():
    options = charts.response(
        [0.1, 0.2],
        [5.0, 6.0],
        [1.0, 2.0],
        [9.0, 12.0],
        {"now": 0.1},
        {"bid": "B", "figure": "F", "interval": "I"},
    )
    low, band, line = options["series"]
    assert [point[1] for point in low["data"]] == [1.0, 2.0]
    assert [point[1] for point in band["data"]] == [8.0, 10.0]
    assert low["stack"] == band["stack"]
    assert line["markLine"]["data"][0]["xAxis"] == 0.1


def test_days_have_bars_and_lines_and_gaps():
    options = charts.days(["03-01", "03-02"], {"spend": [1.0, None]}, {"expected": [None, 2.0]})
    assert [one["type"] for one in options["series"]] == ["bar", "line"]
    assert options["series"][0]["data"] == [1.0, None]
    assert options["xAxis"]["data"] == ["03-01", "03-02"]
