if __name__ == "__main__":  # worker processes import this module as well
    from train.cli import main

    main()
