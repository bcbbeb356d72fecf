"""A street clip and its hot list: every house, car and plate is drawn here, none is real."""
