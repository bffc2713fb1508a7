#!/usr/bin/python3
"""Writes grades as Moodle imports them.

    moodle.py GRADES CLASS OUT LAB… [--lab LAB] [--worksheet FILE]
              [--grade-column NAME]

OUT/gradebook.csv has a column for each LAB. For --lab, which is one assignment,
OUT/worksheet.csv is its offline grading worksheet, and OUT/feedback.zip has a
page for each student. With the worksheet that Moodle gave, only its grades are
filled in, and its other columns say by which id the gradebook knows whom.

The number in the name of a folder that Moodle made is the one of a worksheet's
Identifier. It is no id of a user, so it must not get into a gradebook.
"""

from __future__ import annotations

import argparse
import re
import sys
import unicodedata
import zipfile
from pathlib import Path

from worksheet import Sheet, line, read_sheet

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "report"))

from documents import (  # noqa: E402
    Student,
    lab_title,
    read_document,
    students,
    write_whole,
)
from page import environment  # noqa: E402

# What of a worksheet the gradebook's import can be told to map a user by.
IDENTITIES = ("Username", "Email address", "ID number")


class Class:
    """Who handed in; where nobody did, whoever has a folder of grades."""

    def __init__(self, words: argparse.Namespace) -> None:
        everybody = list(students(words.grades, words.class_folder))
        handed_in = [student for student in everybody if student.in_class]
        self.students = handed_in or everybody
        self.by_number: dict[str, list[Student]] = {}
        for student in self.students:
            for number in student.numbers:
                self.by_number.setdefault(number, []).append(student)

    def score(self, student: Student, lab: str) -> int | None:
        document = read_document(student.folder, lab)
        return document["score"] if document else None

    def numbered(self) -> dict[str, Student]:
        """Whose number can be no other assignment's."""
        return {s.numbers[0]: s for s in self.students if len(s.numbers) == 1}


def number_in(identifier: str) -> str:
    """ "Participant 12345", in whatever language."""
    found = re.search(r"(\d+)\s*$", identifier)
    return found[1] if found else ""


def letters(name: str) -> str:
    """What is left of a name that was a folder's: no signs, no spaces."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", name).casefold())


def match(sheet: Sheet, known: Class) -> dict[int, Student]:
    """The rows whose student is here. The number alone would not do: in another
    assignment it is somebody else's, so the row must have the name as well."""
    found = {}
    for row in range(1, len(sheet.rows)):
        number = number_in(sheet.text(row, 0))
        fields = {letters(sheet.text(row, i)) for i in range(len(sheet.rows[row]))}
        for student in known.by_number.get(number, []):
            name = letters(re.sub(r" \(\d+\)$", "", student.who))
            if name and name in fields:
                found[row] = student
    return found


def check_scale(sheet: Sheet) -> None:
    """Moodle passes over a grade beyond its maximum, and says nothing."""
    column = sheet.column("Maximum Grade")
    if column is None or len(sheet.rows) < 2:
        return
    most = sheet.text(1, column)
    if re.fullmatch(r"[\d.,]+", most) and not re.fullmatch(r"100([.,]0*)?", most):
        raise ValueError(
            f"in Moodle this assignment's maximum grade is {most}, and a lab has 100"
            " points: set it to 100 there, then download the worksheet again"
        )


def fill(sheet: Sheet, known: Class, lab: str, grade_column: str) -> list[str]:
    """Fills in the grades; returns what there is to say about it."""
    grade = sheet.column(grade_column)
    if grade is None:
        names = ", ".join(sheet.text(0, i) for i in range(len(sheet.rows[0])))
        raise ValueError(
            f'it has no column "{grade_column}"; GRADE_COLUMN="…" chooses one of: {names}'
        )
    check_scale(sheet)
    filled, rows = 0, match(sheet, known)
    for row, student in rows.items():
        score = known.score(student, lab)
        if score is not None and grade < len(sheet.rows[row]):
            sheet.rows[row][grade][0] = str(score).encode()
            filled += 1
    said = [f"grades filled in: {filled}, in {len(sheet.rows) - 1} rows"]
    seen = {student.who for student in rows.values()}
    lost = [student.who for student in known.students if student.who not in seen]
    if lost:
        said.append(f"no row has the number and the name of: {', '.join(lost)}")
    return said


def new_sheet(known: Class, lab: str) -> bytes:
    """Moodle asks for these columns; without a date it keeps newer grades."""
    head = ["Identifier", "Full name", "Grade", "Last modified (grade)"]
    rows = [
        line([f"Participant {number}", s.who, known.score(s, lab), None])
        for number, s in known.numbered().items()
    ]
    return "".join([line([*head]), *rows]).encode()


def gradebook(known: Class, sheet: Sheet | None, labs: list[str]) -> bytes:
    """One unknown user makes Moodle's import stop: nobody who has no id."""
    columns = [sheet.column(name) for name in IDENTITIES] if sheet else []
    found = [column for column in columns if column is not None]
    if sheet and not found:
        wanted = ", ".join(IDENTITIES)
        raise ValueError(f"for a gradebook it needs one of the columns {wanted}")
    titles = [lab_title(lab) for lab in labs]
    rows = []
    if sheet:
        rows.append(line([sheet.text(0, c) for c in found] + titles))
        for row, student in match(sheet, known).items():
            ids = [sheet.text(row, c) for c in found]
            if all(ids):
                scores = [known.score(student, lab) for lab in labs]
                rows.append(line([*ids, *scores]))
    else:
        rows.append(line(["who", *titles]))
        for student in known.students:
            rows.append(line([student.who, *(known.score(student, l) for l in labs)]))
    return "".join(rows).encode()


def feedback(whose: dict[str, Student], lab: str, path: Path) -> int:
    """A page each, in folders named as Moodle's import wants them: the number is
    what follows the first "_", so a name must not have one."""
    pages, count = environment().get_template("student.html"), 0
    beside = path.with_name(path.name + ".new")
    try:
        with zipfile.ZipFile(beside, "w", zipfile.ZIP_DEFLATED) as archive:
            for number, student in whose.items():
                document = read_document(student.folder, lab)
                if document is None:
                    continue
                page = pages.render(
                    student=student,
                    documents={lab: document},
                    instructor=False,
                    total=document["score"],
                    pictures={},
                )
                name = re.sub(r"[_/\\:*?\"<>|]+", " ", student.who).strip(" .~")
                folder = f"{name}_{number}_assignsubmission_file_"
                archive.writestr(
                    f"{folder}/{lab}.html", page.encode("utf-8", "replace")
                )
                count += 1
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return count


def assignment(known: Class, sheet: Sheet | None, words: argparse.Namespace) -> None:
    path = words.out / "worksheet.csv"
    if not known.by_number:
        raise ValueError(
            "nobody here has a number of Moodle’s: a worksheet needs submissions as"
            " Moodle gives them, “Download all submissions”"
        )
    if sheet:
        said = "; ".join(fill(sheet, known, words.lab, words.grade_column))
        write_whole(path, sheet.as_bytes())
        rows = match(sheet, known).items()
        whose = {number_in(sheet.text(row, 0)): student for row, student in rows}
    else:
        whose = known.numbered()
        said = (
            f"rows: {len(whose)}. Moodle keeps grades that it has already, unless"
            " you let it overwrite newer ones; WORKSHEET=file.csv fills in its own"
        )
        left = [s.who for s in known.students if s not in whose.values()]
        if left:
            said += (
                f". Which number is this assignment’s is unknown of: {', '.join(left)}"
            )
        write_whole(path, new_sheet(known, words.lab))
    print(f"{path}: {said}.")
    path = words.out / "feedback.zip"
    print(f"{path}: students’ pages: {feedback(whose, words.lab, path)}.")


def main() -> int:
    parser = argparse.ArgumentParser(description="Writes grades for Moodle.")
    parser.add_argument("grades", type=Path)
    parser.add_argument("class_folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("labs", nargs="+")
    parser.add_argument("--lab")
    parser.add_argument("--worksheet", type=Path)
    parser.add_argument("--grade-column", default="Grade")
    words = parser.parse_args()
    if not words.grades.is_dir():
        raise ValueError("nothing has been graded yet: make grade SUBMISSIONS=… does")
    words.out.mkdir(parents=True, exist_ok=True)
    known = Class(words)
    sheet = None
    try:
        if words.worksheet:
            sheet = read_sheet(words.worksheet.read_bytes())
        if words.lab:
            assignment(known, sheet, words)
        path = words.out / "gradebook.csv"
        if sheet is None and known.by_number:
            path.unlink(missing_ok=True)
            print(
                "No gradebook.csv: Moodle’s gradebook knows none of the numbers in its"
                " folders; WORKSHEET=file.csv, with an email or an ID number, tells who is who."
            )
        else:
            write_whole(path, gradebook(known, sheet, words.labs))
            print(
                f"{path}: in Moodle map its first column to the same field of a user."
            )
    except ValueError as error:
        where = f"{words.worksheet}: " if words.worksheet else ""
        raise ValueError(f"{where}{error}") from None
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, ValueError) as error:
        sys.exit(f"moodle.py: {error}")
