"""Are two photographs of one person? Ends with status 0 for yes alone.

python examples/verify_two_photographs.py anna.jpg somebody.jpg [MODEL]
"""

import sys

import facetrust as ft


def main(first: str, second: str, model: str = "adaface-ir101-webface12m") -> int:
    result = ft.verify(first, second, model=ft.load_model(model), threshold=0.3)
    print(result.statement)
    print(*result.reasons, sep="\n")
    for warning in result.warnings:
        print("careful:", warning)
    print("note:", result.synthetic_statement)
    return 0 if result else 1


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        print("usage: python examples/verify_two_photographs.py FIRST SECOND [MODEL]", file=sys.stderr)
        sys.exit(2)
    try:
        sys.exit(main(*sys.argv[1:]))
    except ft.UserError as error:
        sys.exit(f"error: {error}")
