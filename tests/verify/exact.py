"""A judge of numbers and logic that owes nothing to an engine: fractions and SQL's NULL.

`Expression(sql)` reads the part of SQL that can be worked out exactly (arithmetic, comparisons, three-valued logic, CASE and
its kin, rounding, casts between exact numbers); anything else raises Unsupported, and floating point is never touched.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from engines import FAILED, PLACES, Value

# More digits than an evaluator of 128 bits can be asked to hold.
LIMIT = 10**38
INTEGERS = {"TINYINT": 8, "SMALLINT": 16, "INTEGER": 32, "INT": 32, "BIGINT": 64, "HUGEINT": 128}
UNSIGNED = {"UTINYINT": 8, "USMALLINT": 16, "UINTEGER": 32, "UBIGINT": 64}


class Unsupported(Exception):
    """The text is no expression that this judge can work out."""


@dataclass(frozen=True)
class Number:
    """An exact number as it stands, not reduced: over a power of ten, or over anything after a division."""

    over: int
    under: int
    is_quotient: bool = False

    @property
    def value(self) -> Fraction:
        return Fraction(self.over, self.under)

    @staticmethod
    def of(value: Decimal | int) -> Number:
        _, digits, exponent = Decimal(value).as_tuple()
        over = int(value.scaleb(-exponent)) if isinstance(value, Decimal) and len(digits) < 28 else _unscaled(value)
        return Number(over * 10 ** max(exponent, 0), 10 ** max(-exponent, 0))


def _unscaled(value: Decimal | int) -> int:
    sign, digits, _ = Decimal(value).as_tuple()
    return (-1) ** sign * int("".join(map(str, digits)))


@dataclass
class Row:
    """The values of a row's columns, and whether something in it went beyond LIMIT."""

    values: dict[str, object]
    is_strained: bool = False

    def kept(self, number: Number) -> Number:
        self.is_strained |= abs(number.over) >= LIMIT or number.under >= LIMIT
        return number


# What an expression is for a row: Number, bool, None or FAILED.
Part = Callable[[Row], object]

TOKEN = re.compile(r"\s*(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+|\w+|<>|!=|<=|>=|//|::|'(?:[^']|'')*'|.)", re.DOTALL)
COMPARISONS = {"=", "<>", "!=", "<", "<=", ">", ">="}


class Expression:
    """A text, read once and worked out for any number of rows; `scales` are those of columns that are decimals."""

    def __init__(self, sql: str, scales: dict[str, int] | None = None):
        self.scales = scales or {}
        self.tokens = [match[1] for match in TOKEN.finditer(sql) if match[1].strip()]
        self.place = 0
        self.part = self.either()
        if self.place < len(self.tokens):
            raise Unsupported(self.tokens[self.place])

    def value(self, values: dict[str, object]) -> tuple[Value, bool]:
        """The value of a row, and whether an evaluator may take it for too large."""
        row = Row(values)
        found = self.part(row)
        if isinstance(found, Number):
            return ("n", found.value), row.is_strained
        return (("b", found) if isinstance(found, bool) else found), row.is_strained

    # Tokens.

    def peek(self, ahead: int = 0) -> str:
        place = self.place + ahead
        return self.tokens[place].upper() if place < len(self.tokens) else ""

    def take(self, *words: str) -> bool:
        """Whether these words come next; then they are passed."""
        if any(self.peek(i) != word for i, word in enumerate(words)):
            return False
        self.place += len(words)
        return True

    def need(self, *words: str) -> None:
        if not self.take(*words):
            raise Unsupported(f"{self.peek()} where {' '.join(words)} is expected")

    def whole(self) -> int:
        """A literal integer, with a sign."""
        sign = -1 if self.take("-") else 1
        if not self.peek().isdigit():
            raise Unsupported(self.peek())
        self.place += 1
        return sign * int(self.tokens[self.place - 1])

    def choice(self, start: int, part: Part) -> Part:
        """A choice among the parts since a token, which is held with as many places as one of them has."""
        places = max((self.places(token) for token in self.tokens[start : self.place]), default=0)

        def chosen(row: Row) -> object:
            found = part(row)
            if not isinstance(found, Number) or found.is_quotient:
                return found
            under = max(found.under, 10**places)
            return row.kept(Number(found.over * (under // found.under), under))

        return chosen

    def places(self, token: str) -> int:
        return len(token.partition(".")[2]) if token[0].isdigit() else self.scales.get(token, 0)

    # The grammar, from what binds least to what binds most.

    def either(self) -> Part:
        parts = [self.both()]
        while self.take("OR"):
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else lambda row: _logic((part(row) for part in parts), True)

    def both(self) -> Part:
        parts = [self.negated()]
        while self.take("AND"):
            parts.append(self.negated())
        return parts[0] if len(parts) == 1 else lambda row: _logic((part(row) for part in parts), False)

    def negated(self) -> Part:
        if not self.take("NOT"):
            return self.predicate()
        part = self.negated()
        return lambda row: _strict(lambda value: not _truth(value), part(row))

    def predicate(self) -> Part:
        left = self.sum()
        if self.peek() in COMPARISONS:
            operator = self.peek()
            self.place += 1
            left = _compared(operator, left, self.sum())
        elif self.peek() in ("IN", "BETWEEN") or self.peek() == "NOT" and self.peek(1) in ("IN", "BETWEEN"):
            is_not = self.take("NOT")
            part = self.among(left) if self.take("IN") else self.between(left)
            left = (lambda row: _strict(lambda value: not value, part(row))) if is_not else part
        while self.take("IS"):
            left = self.told(left)
        return left

    def among(self, left: Part) -> Part:
        self.need("(")
        equal = [_compared("=", left, part) for part in self.listed()]
        return lambda row: _logic((part(row) for part in equal), True)

    def between(self, left: Part) -> Part:
        self.need("BETWEEN")
        low = self.sum()
        self.need("AND")
        parts = [_compared(">=", left, low), _compared("<=", left, self.sum())]
        return lambda row: _logic((part(row) for part in parts), False)

    def told(self, part: Part) -> Part:
        """What follows IS."""
        is_not = self.take("NOT")
        if self.take("DISTINCT", "FROM"):
            other = self.sum()

            def differs(row: Row) -> object:
                left, right = part(row), other(row)
                if left is None or right is None:
                    return FAILED if FAILED in (left, right) else left is not right
                return _strict(lambda a, b: _order(a, b, row) != 0, left, right)

            found = differs
        else:
            wanted = next((word for word in ("NULL", "TRUE", "FALSE", "UNKNOWN") if self.take(word)), None)
            if not wanted:
                raise Unsupported(self.peek())
            expected = {"TRUE": True, "FALSE": False}.get(wanted)
            found = lambda row: value if (value := part(row)) is FAILED else _same(value, expected)  # noqa: E731
        return (lambda row: _strict(lambda value: not value, found(row))) if is_not else found

    def sum(self) -> Part:
        left = self.product()
        while self.peek() in ("+", "-"):
            operator = self.peek()
            self.place += 1
            left = _calculated(_sum if operator == "+" else _difference, left, self.product())
        return left

    def product(self) -> Part:
        left = self.signed()
        while self.peek() in OPERATORS:
            operator = OPERATORS[self.peek()]
            self.place += 1
            left = _calculated(operator, left, self.signed())
        return left

    def signed(self) -> Part:
        if self.take("-"):
            return _calculated(lambda row, a: Number(-a.over, a.under, a.is_quotient), self.signed())
        self.take("+")
        part = self.primary()
        while self.take("::"):
            part = self.cast_to(part, is_try=False)
        return part

    def primary(self) -> Part:
        word = self.peek()
        self.place += 1
        if word == "(":
            part = self.either()
            self.need(")")
            return part
        if word[:1].isdigit() or word[:1] == ".":
            number = Number.of(Decimal(word))
            return lambda row: number
        if word in ("TRUE", "FALSE", "NULL"):
            value = {"TRUE": True, "FALSE": False}.get(word)
            return lambda row: value
        start = self.place
        if word == "CASE":
            return self.choice(start, self.case())
        if word in ("CAST", "TRY_CAST"):
            self.need("(")
            part = self.either()
            self.need("AS")
            part = self.cast_to(part, word == "TRY_CAST")
            self.need(")")
            return part
        if self.peek() == "(" and word in FUNCTIONS:
            self.need("(")
            part = FUNCTIONS[word](self)
            return self.choice(start, part) if word in CHOICES else part
        name = self.tokens[self.place - 1]
        if self.peek() == "(" or not name.isidentifier():
            raise Unsupported(name)
        return lambda row: _column(row.values, name)

    def listed(self) -> list[Part]:
        """Parts up to the closing parenthesis."""
        parts = [self.either()]
        while self.take(","):
            parts.append(self.either())
        self.need(")")
        return parts

    def cast_to(self, part: Part, is_try: bool) -> Part:
        name = self.peek()
        self.place += 1
        if name in ("DECIMAL", "NUMERIC") and self.take("("):
            digits = self.whole()
            scale = self.whole() if self.take(",") else 0
            self.need(")")
            low, high = -(10**digits) + 1, 10**digits - 1
        elif name in INTEGERS:
            scale, half = 0, 2 ** (INTEGERS[name] - 1)
            low, high = -half, half - 1
        elif name in UNSIGNED:
            scale, low, high = 0, 0, 2 ** UNSIGNED[name] - 1
        else:
            raise Unsupported(name)

        def cast(row: Row, number: Number) -> object:
            found = _rounded(row, number, scale)
            return found if low <= found.over <= high else FAILED

        found = _calculated(cast, part, booleans=name in INTEGERS)
        return (lambda row: None if (value := found(row)) is FAILED else value) if is_try else found

    def case(self) -> Part:
        given = None if self.peek() == "WHEN" else self.either()
        branches = []
        while self.take("WHEN"):
            condition = self.either()
            condition = _compared("=", given, condition) if given else condition
            self.need("THEN")
            branches.append((condition, self.either()))
        otherwise = self.either() if self.take("ELSE") else lambda row: None
        self.need("END")

        def chosen(row: Row) -> object:
            for condition, part in branches:
                found = condition(row)
                if found is FAILED or found is True:
                    return FAILED if found is FAILED else part(row)
            return otherwise(row)

        return chosen


def _column(values: dict[str, object], name: str) -> object:
    if name not in values:
        raise Unsupported(name)
    value = values[name]
    if value is None or isinstance(value, bool):
        return value
    if not isinstance(value, (int, Decimal)):
        raise Unsupported(name)
    return Number.of(value)


# Values.


def _strict(function: Callable, *values: object) -> object:
    """FAILED if one of the values is, else NULL if one is."""
    if FAILED in values:
        return FAILED
    return None if None in values else function(*values)


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise Unsupported("a number as a condition")
    return value


def _same(value: object, expected: bool | None) -> bool:
    return value is None if expected is None else _truth(value) is expected if value is not None else False


def _logic(values: Iterator[object], decides: bool) -> object:
    """OR, where TRUE decides, or AND, where FALSE does, whatever the others are."""
    found = list(values)
    if any(value is decides for value in found):
        return decides
    return FAILED if FAILED in found else None if None in found else not decides


def _compared(operator: str, left: Part, right: Part) -> Part:
    wanted = {"=": (0,), "<>": (-1, 1), "!=": (-1, 1), "<": (-1,), "<=": (-1, 0), ">": (1,), ">=": (0, 1)}[operator]
    return lambda row: _strict(lambda a, b: _order(a, b, row) in wanted, left(row), right(row))


def _order(left: object, right: object, row: Row) -> int:
    """Which is greater."""
    if isinstance(left, bool) is not isinstance(right, bool):
        raise Unsupported("a number beside a condition")
    if isinstance(left, bool):
        return left - right
    a, b = left.over * right.under, right.over * left.under
    row.is_strained |= max(abs(a), abs(b)) >= LIMIT and (left.is_quotient or right.is_quotient)
    return (a > b) - (a < b)


def _calculated(function: Callable, *parts: Part, booleans: bool = False) -> Part:
    def number(value: object) -> object:
        if isinstance(value, bool):
            if not booleans:
                raise Unsupported("a condition as a number")
            return Number(int(value), 1)
        return value

    return lambda row: _strict(lambda *values: function(row, *map(number, values)), *(part(row) for part in parts))


def _sum(row: Row, a: Number, b: Number) -> Number:
    if a.is_quotient or b.is_quotient:
        return row.kept(Number(a.over * b.under + b.over * a.under, a.under * b.under, True))
    under = max(a.under, b.under)
    return row.kept(Number(a.over * (under // a.under) + b.over * (under // b.under), under))


def _difference(row: Row, a: Number, b: Number) -> Number:
    return _sum(row, a, Number(-b.over, b.under, b.is_quotient))


def _product(row: Row, a: Number, b: Number) -> Number:
    found = Number(a.over * b.over, a.under * b.under, a.is_quotient or b.is_quotient)
    # A factor that was chosen from several may have the places of another.
    row.is_strained |= abs(found.value) * 10**PLACES >= LIMIT
    return row.kept(found)


def _quotient(row: Row, a: Number, b: Number) -> object:
    if not b.over:
        return FAILED
    sign = -1 if b.over < 0 else 1
    found = Number(sign * a.over * b.under, a.under * abs(b.over), True)
    # Where the divisor ends in decimals, an evaluator may hold it as a decimal.
    row.is_strained |= abs(found.value) * 10**PLACES >= LIMIT
    return row.kept(found)


def _towards_zero(a: Fraction) -> int:
    return -(-a.numerator // a.denominator) if a < 0 else a.numerator // a.denominator


def _whole_quotient(row: Row, a: Number, b: Number) -> object:
    if not b.over:
        return FAILED
    row.kept(Number(a.over * b.under, a.under * abs(b.over)))
    return row.kept(Number(_towards_zero(a.value / b.value), 1))


def _remainder(row: Row, a: Number, b: Number) -> object:
    if not b.over:
        return FAILED
    row.kept(Number(a.over * b.under, a.under * b.over))
    row.kept(Number(a.over * b.under, a.under * b.under))
    left = a.value - b.value * _towards_zero(a.value / b.value)
    under = max(a.under, b.under)
    return Number(int(left * under), under) if not (a.is_quotient or b.is_quotient) else _of(left)


def _of(value: Fraction) -> Number:
    return Number(value.numerator, value.denominator, True)


OPERATORS = {"*": _product, "/": _quotient, "//": _whole_quotient, "%": _remainder}


def half_away(value: Fraction) -> int:
    """The nearest integer, halves away from zero."""
    nearest = (2 * abs(value.numerator) + value.denominator) // (2 * value.denominator)
    return -nearest if value < 0 else nearest


def _rounded(row: Row, number: Number, places: int) -> Number:
    """Halves away from zero, to so many places or, where there are fewer than none, to tens."""
    if places >= 0:
        return row.kept(Number(half_away(number.value * 10**places), 10**places))
    return row.kept(Number(half_away(number.value / 10**-places) * 10**-places, 1))


# Functions: each reads its arguments, the opening parenthesis passed.


def _with_places(function: Callable[[Row, Number, int], Number]) -> Callable[[Expression], Part]:
    def read(expression: Expression) -> Part:
        part = expression.either()
        places = expression.whole() if expression.take(",") else 0
        expression.need(")")
        return _calculated(lambda row, number: function(row, number, places), part)

    return read


def _truncated(row: Row, number: Number, places: int) -> Number:
    scale = Fraction(10) ** places
    found = _towards_zero(number.value * scale) / scale
    return row.kept(Number(found.numerator, found.denominator))


def _of_each(function: Callable) -> Callable[[Expression], Part]:
    return lambda expression: _calculated(function, *expression.listed())


def _coalesce(expression: Expression) -> Part:
    parts = expression.listed()
    return lambda row: next((value for part in parts if (value := part(row)) is not None), None)


def _nullif(expression: Expression) -> Part:
    left, right = expression.listed()
    equal = _compared("=", left, right)
    return lambda row: FAILED if (found := equal(row)) is FAILED else None if found is True else left(row)


def _extreme(sign: int) -> Callable[[Expression], Part]:
    def read(expression: Expression) -> Part:
        parts = expression.listed()

        def found(row: Row) -> object:
            values = [value for part in parts if (value := part(row)) is not None]
            if FAILED in values:
                return FAILED
            best = values[0] if values else None
            for value in values[1:]:
                best = value if _order(value, best, row) == sign else best
            return best

        return found

    return read


def _if(expression: Expression) -> Part:
    condition, yes, no = expression.listed()
    return lambda row: FAILED if (found := condition(row)) is FAILED else yes(row) if found is True else no(row)


def _floor(row: Row, number: Number) -> Number:
    return row.kept(Number(number.over // number.under, 1))


def _ceiling(row: Row, number: Number) -> Number:
    return row.kept(Number(-(-number.over // number.under), 1))


CHOICES = ("COALESCE", "IFNULL", "NULLIF", "GREATEST", "LEAST", "IF")
FUNCTIONS = {
    "ROUND": _with_places(_rounded),
    "TRUNC": _with_places(_truncated),
    "FLOOR": _of_each(_floor),
    "CEIL": _of_each(_ceiling),
    "CEILING": _of_each(_ceiling),
    "ABS": _of_each(lambda row, a: Number(abs(a.over), a.under, a.is_quotient)),
    "SIGN": _of_each(lambda row, a: Number((a.over > 0) - (a.over < 0), 1)),
    "MOD": _of_each(_remainder),
    "COALESCE": _coalesce,
    "IFNULL": _coalesce,
    "NULLIF": _nullif,
    "GREATEST": _extreme(1),
    "LEAST": _extreme(-1),
    "IF": _if,
}
