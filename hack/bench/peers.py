"""Lets another tool look for drift in the rows of two CSV files, with what it does by default.

Prints the processor seconds of starting Python with its imports, of reading, and of the rest, and
how many columns it says have drifted.
"""

import os
import sys
import time
import warnings

os.environ["OMP_NUM_THREADS"] = "1"
# They are not to report that they were used, nor to say what else could be installed.
os.environ["DO_NOT_TRACK"] = "1"
os.environ["NML_DISABLE_USAGE_LOGGING"] = "true"
os.environ["TRANSFORMERS_VERBOSITY"] = "error"
warnings.filterwarnings("ignore")


def evidently():
    from evidently import DataDefinition, Dataset, Report
    from evidently.presets import DataDriftPreset

    def drifted(reference, current):
        categories, numbers = kinds(reference)
        columns = DataDefinition(numerical_columns=numbers, categorical_columns=categories)
        report = Report([DataDriftPreset()]).run(
            Dataset.from_pandas(current, columns), Dataset.from_pandas(reference, columns)
        )
        return report.dict()["metrics"][0]["value"]["count"]

    return drifted


def alibi_detect():
    from alibi_detect.cd import TabularDrift

    def drifted(reference, current):
        # It tests arrays of numbers: categories have to be numbered first.
        categories, _ = kinds(reference)
        for name in categories:
            names = reference[name].unique()
            for table in (reference, current):
                table[name] = table[name].map({value: code for code, value in enumerate(names)})
        places = {reference.columns.get_loc(name): None for name in categories}
        detector = TabularDrift(
            reference.to_numpy(), p_val=0.05, categories_per_feature=places
        )
        return detector.predict(current.to_numpy(), drift_type="feature")["data"]["is_drift"].sum()

    return drifted


def nannyml():
    from nannyml import UnivariateDriftCalculator

    def drifted(reference, current):
        calculator = UnivariateDriftCalculator(column_names=list(reference.columns))
        result = calculator.fit(reference).calculate(current).filter(period="analysis").to_df()
        return result.xs("alert", axis=1, level=2).any().sum()

    return drifted


def kinds(table):
    """Returns the names of the columns of categories, and of those of numbers."""
    categories = list(table.select_dtypes(exclude="number").columns)
    return categories, [name for name in table.columns if name not in categories]


def main():
    import pandas

    name, reference_path, current_path = sys.argv[1:]
    drifted = {"Evidently": evidently, "alibi-detect": alibi_detect, "NannyML": nannyml}[name]()
    started = time.process_time()
    reference, current = pandas.read_csv(reference_path), pandas.read_csv(current_path)
    read = time.process_time()
    columns = drifted(reference, current)
    print(started, read - started, time.process_time() - read, int(columns))


main()
