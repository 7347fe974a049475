"""A timer that runs only while its widget is visible."""

from PySide6.QtWidgets import QWidget

from musegen_daw.ui.widgets.visible_timer import VisibleTimer


def test_it_runs_only_while_its_widget_is_visible(qtbot):
    widget = QWidget()
    qtbot.addWidget(widget)
    timer = VisibleTimer(widget, 5)
    assert not timer.isActive()
    widget.show()
    with qtbot.waitSignal(timer.timeout):
        pass
    widget.hide()
    assert not timer.isActive()
