import sys

if __name__ == "__main__":  # worker processes import this module as well
    try:
        from align.cli import main
    except BaseException as error:  # Python itself would end with 1, which is the answer no
        sys.excepthook(type(error), error, error.__traceback__)
        sys.exit(130 if isinstance(error, KeyboardInterrupt) else 2)
    main()
