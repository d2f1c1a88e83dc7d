"""A VEN on the public `openleadr` library, for one thing only: to try the VTN of the folder above without us."""
import argparse
import asyncio
import datetime
import logging

from openleadr import OpenADRClient


async def run(options):
    client = OpenADRClient(ven_name="ven-1", vtn_url=options.url, cert=options.cert, key=options.key, ca_file=options.ca,
                           show_fingerprint=False, disable_signature=True, allow_jitter=False, check_hostname=False)

    async def on_event(event):
        return "optIn"

    async def measure():
        return 12.5
    client.add_handler("on_event", on_event)
    client.add_handler("on_update_event", on_event)
    client.add_report(callback=measure, resource_id="site-1", measurement="power_real", scale="k",
                      sampling_rate=datetime.timedelta(seconds=1))
    await client.run()
    await asyncio.sleep(options.seconds)
    await client.stop()


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--cert")
    parser.add_argument("--key")
    parser.add_argument("--ca")
    parser.add_argument("--seconds", type=float, default=20)
    asyncio.run(run(parser.parse_args()))
