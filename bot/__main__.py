"""`python -m bot …`."""

from bot.wiring import main

if __name__ == "__main__":
    main()
