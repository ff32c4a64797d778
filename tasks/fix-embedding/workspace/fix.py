"""`python3 fix.py OUTPUT` writes the weights of the repaired large model to OUTPUT. The starting solution repairs nothing."""

import sys

import inputs
import weights


def main():
    model = inputs.broken_large_model()
    weights.save(sys.argv[1], model.state_dict())


if __name__ == "__main__":
    main()
