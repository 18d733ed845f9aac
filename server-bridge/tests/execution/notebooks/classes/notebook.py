# %% setup
import json


class Shape:
    sides = 0

    def area(self):
        return 0

    def describe(self):
        return f"{type(self).__name__} with {self.sides} sides and area {self.area():.3f}"


class Square(Shape):
    sides = 4

    def __init__(self, a):
        self.a = a

    def area(self):
        return self.a * self.a


def largest(shapes):
    return max(shapes, key=lambda s: s.area())
# %% params
unit = 1.5
# %% stage build
class Triangle(Shape):
    sides = 3

    def __init__(self, a, h):
        self.a, self.h = a, h

    def area(self):
        return self.a * self.h / 2


shapes = [Square(unit), Triangle(unit, 3), Square(2)]
# %% stage measure
areas = {s.describe(): s.area() for s in shapes}
winner = largest(shapes).describe()
# %% stage sum
total = 0
for area in areas.values():
    total += area
# %% stage store
with open("shapes.json", "w") as out:
    json.dump({"areas": areas, "winner": winner, "total": total}, out, sort_keys=True)
