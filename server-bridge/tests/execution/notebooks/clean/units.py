ZERO = 273.15


def to_kelvin(celsius):
    return round(celsius + ZERO, 2)


def to_fahrenheit(celsius):
    return celsius * 9 / 5 + 32
