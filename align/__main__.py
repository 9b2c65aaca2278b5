if __name__ == "__main__":  # worker processes import this module as well
    from align.cli import main

    main()
