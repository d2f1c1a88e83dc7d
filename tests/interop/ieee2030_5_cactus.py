"""Runs procedures of the public CSIP-AUS test service (`cactus_client`) against an IEEE 2030.5 server.

The procedures ask an operator for preparations on the server. What is prepared here: a registered device with its programme
(the server is told of --cert's device before), and a mirror without usage points (a fresh server has none). A procedure that
asks for more ends as failed, and says what it asked for. Says {"procedure", "passed", "why"} for each as a JSON line, and at
the end {"summary": {"passed": […], "failed": […]}}. Ends with 0 if all that were asked for passed.
"""
import argparse
import asyncio
import contextlib
import io
import json
import pathlib
import re
import ssl
import sys
import tempfile
import time

from cactus_client.admin.manager import get_plugin_manager
from cactus_client.admin.plugins import hookimpl
from cactus_client.execution.run import run_entrypoint
from cactus_client.model.config import ClientConfig, GlobalConfig, RunConfig, ServerConfig
from cactus_client.model.execution import ActionResult
from cactus_client.sep2 import convert_lfdi_to_sfdi, lfdi_from_cert_file
from cactus_test_definitions.csipaus import CSIPAusVersion
from cactus_test_definitions.server.test_procedures import ClientType, TestProcedureId, get_test_procedure

PREPARED = {"ensure-fsa", "ensure-der-program", "ensure-der-control-list", "ensure-mup-list-empty"}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dcap", required=True, help="https://HOST:PORT/PATH of DeviceCapability")
    parser.add_argument("--cert", required=True, help="PEM file of the enrolled device's chain")
    parser.add_argument("--key", required=True)
    parser.add_argument("--ca", required=True, help="PEM file that the server is verified against")
    parser.add_argument("--other-cert", help="of a second enrolled device, for the procedures that want two")
    parser.add_argument("--other-key")
    parser.add_argument("--pin", type=int, default=111115)
    parser.add_argument("--max-w", type=int, default=5000)
    parser.add_argument("--timeout", type=int, default=60, help="seconds for one procedure")
    parser.add_argument("--seconds", type=float, default=600, help="for all of them; what is left over then is failed")
    parser.add_argument("procedures", nargs="+", help="such as S-ALL-06")
    return parser.parse_args()


def say(**what):
    print(json.dumps({"at": round(time.time(), 3), **what}, default=str), flush=True)


class Preparations:
    """What the procedures ask an operator for."""

    @hookimpl
    async def admin_instruction(self, instruction, step, context):
        del step, context
        kind, wanted = str(instruction.type), instruction.parameters or {}
        if kind in PREPARED or kind == "ensure-end-device" and wanted.get("registered") is not False:
            return ActionResult.done()
        raise RuntimeError(f"asks for {kind} {wanted}")


def allow_ccm8():
    """From OpenSSL 3.2 on the suite that the standard demands is below the default security level."""
    plain = ssl.SSLContext.set_ciphers
    if ssl.OPENSSL_VERSION_INFO >= (3, 2):
        ssl.SSLContext.set_ciphers = lambda context, ciphers: plain(context, ciphers + ":@SECLEVEL=0")


def device(name, cert, key, options):
    lfdi = lfdi_from_cert_file(cert)
    return ClientConfig(id=name, type=ClientType.DEVICE, certificate_file=cert, key_file=key, lfdi=lfdi,
                        sfdi=convert_lfdi_to_sfdi(lfdi), pen=0, pin=options.pin, max_watts=options.max_w)


def configuration(options, folder):
    devices = [device("device", options.cert, options.key, options)]
    if options.other_cert:
        devices.append(device("other", options.other_cert, options.other_key, options))
    server = ServerConfig(device_capability_uri=options.dcap, verify_ssl=True, verify_host_name=False, serca_pem_file=options.ca)
    return GlobalConfig(output_dir=str(folder), server=server, clients=devices)


def reasons(folder):
    """The lines of the procedure's own log that tell what went wrong."""
    logs = sorted(pathlib.Path(folder).rglob("*.log"), key=lambda path: path.stat().st_mtime)
    lines = logs[-1].read_text(encoding="utf8", errors="replace").splitlines() if logs else []
    telling = re.compile(r" ERROR | WARNING |^[\w.]*(?:Error|Exception)\b")
    return [line.partition(" - ")[2] or line for line in lines if telling.search(line)][-6:]


def run_one(procedure, options, folder):
    wanted = len(get_test_procedure(TestProcedureId(procedure)).preconditions.required_clients)
    run = RunConfig(test_procedure_id=TestProcedureId(procedure), client_ids=["device", "other"][:wanted], headless=True,
                    timeout=options.timeout, csip_aus_version=CSIPAusVersion.RELEASE_1_2, quiet=True)
    talk = io.StringIO()
    try:
        with contextlib.redirect_stdout(talk), contextlib.redirect_stderr(talk):
            passed = asyncio.run(run_entrypoint(global_config=configuration(options, folder), run_config=run))
        return passed, [] if passed else reasons(folder)
    except Exception as error:  # the service's own errors are of many kinds
        return False, [f"{type(error).__name__}: {error}"]


def main():
    options = arguments()
    allow_ccm8()
    get_plugin_manager().register(Preparations())
    summary = {"passed": [], "failed": []}
    until = time.time() + options.seconds
    with tempfile.TemporaryDirectory() as folder:
        for procedure in options.procedures:
            passed, why = run_one(procedure, options, folder) if time.time() < until else (False, ["no time left"])
            summary["passed" if passed else "failed"].append(procedure)
            say(procedure=procedure, passed=passed, why=why)
    say(summary=summary)
    sys.exit(0 if not summary["failed"] else 1)


if __name__ == "__main__":
    main()
