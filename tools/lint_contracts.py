"""What ``datacontract lint`` says of each exported contract; runs in the linter's own environment (see the Makefile)."""

import sys

from datacontract.data_contract import DataContract

failures = 0
for path in sys.argv[1:]:
    run = DataContract(data_contract_file=path).lint()
    if run.result != "passed":
        failures += 1
        print(f"{path}: {run.result}", *(f"  {check.name}: {check.reason}" for check in run.checks), sep="\n")
print(f"datacontract lint:{len(sys.argv) - 1} 份,{failures} 份不合格")
raise SystemExit(bool(failures) or len(sys.argv) == 1)
