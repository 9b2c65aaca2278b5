if __name__ == "__main__":  # worker processes import this module as well
    from infer.cli import main

    main()
