"""Four hospitals and a server as processes of their own, as they would run on machines of their own.

`federated.train` plays all parties in one process. Here each hospital's process has its own rows,
the hospitals' key and the site's half of the aggregation; the server's process has the public key and the
server's half. Only bytes go between them, over pipes; on real machines that would be TLS, which also says who
is who.

Run: python examples/separate_machines.py [--bits 3072] [--rounds 5]
"""

import argparse
import multiprocessing
import secrets
import tempfile
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
from privml import federated, paillier
from privml.demo import load_breast_cancer, split_hospitals
from privml.federated.aggregation import Exchange, Layout, Purpose

FEATURES = 30
TRAINING = {"epochs": 5, "batch_size": None, "learning_rate": 0.5}


def hospital(
    rows: federated.Site, key_file: Path, password: str, plan: dict, to_server: Connection, report: Connection
) -> None:
    """Run one hospital: train on its rows, send what is encrypted, open the sum."""
    key = paillier.PrivateKey.load(key_file, password=password)
    half = federated.PaillierSum(key).site_half()
    model = federated.LogisticRegression(FEATURES)
    layout = Layout(model.weight_names, tuple(part.shape for part in model.weights))
    for number in range(1, plan["rounds"] + 1):
        # What all hospitals agree on; a message of another session or round is refused.
        exchange = Exchange(number, Purpose.WEIGHTS, layout, plan["sites"], 3, plan["session"])
        local = model.copy().fit(rows.X, rows.y, **TRAINING)
        to_server.send_bytes(half.protect(exchange, rows.name, layout.flatten(local.weights), len(rows)))
        model.weights = layout.split(half.open(exchange, to_server.recv_bytes()).mean)
    report.send((model.weights, model.accuracy(rows.X, rows.y)))


def server(public_key: bytes, rounds: int, hospitals: dict[str, Connection], report: Connection) -> None:
    """Run the server: it adds up messages that it cannot open."""
    half = federated.PaillierServer(paillier.PublicKey.from_bytes(public_key, insecure_key_size=True))
    received = 0
    for _ in range(rounds):
        messages = {name: pipe.recv_bytes() for name, pipe in hospitals.items()}
        received += sum(map(len, messages.values()))
        combined = half.combine(messages)
        for pipe in hospitals.values():
            pipe.send_bytes(combined)
    report.send(received)


def main() -> None:
    """Set the stage, which on real machines the parties do themselves, and compare the outcome."""
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "--bits", type=int, default=3072, help="size of the key; under 2048 for a quick look only"
    )
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()

    X, y, _ = load_breast_cancer()
    X = (X - X.mean(axis=0)) / X.std(axis=0)  # for brevity; `privml train` does this without pooling rows
    sites = split_hospitals(X, y)
    plan = {"rounds": options.rounds, "sites": len(sites), "session": secrets.token_bytes(16)}
    spawn = multiprocessing.get_context("spawn")  # a new process inherits nothing but its arguments
    with tempfile.TemporaryDirectory() as folder:
        # One hospital makes the key and hands the file and its password to the others, never to the server.
        key_file, password = Path(folder) / "hospitals.key", secrets.token_urlsafe()
        key = paillier.PrivateKey.generate(options.bits, insecure_key_size=options.bits < 2048)
        key.save(key_file, password=password)
        processes, reports, pipes, given_away = [], {}, {}, []
        for site in sites:
            pipes[site.name], at_site = spawn.Pipe()
            reports[site.name], report = spawn.Pipe(duplex=False)
            arguments = (site, key_file, password, plan, at_site, report)
            processes.append(spawn.Process(target=hospital, args=arguments))
            given_away += [at_site, report]
        reports["server"], report = spawn.Pipe(duplex=False)
        arguments = (key.public_key.to_bytes(), options.rounds, pipes, report)
        processes.append(spawn.Process(target=server, args=arguments))
        for process in processes:
            process.start()
        # Only the processes keep their ends, so that the end of one is noticed by the others.
        for pipe in [*given_away, *pipes.values(), report]:
            pipe.close()
        outcomes = {name: pipe.recv() for name, pipe in reports.items()}
        for process in processes:
            process.join()

    print(f"the server received {outcomes.pop('server')} bytes of ciphertexts in {options.rounds} rounds")
    for name, (_, accuracy) in outcomes.items():
        print(f"{name:<20} has the common model, accuracy on its own patients {accuracy:.1%}")

    history = federated.train(
        federated.LogisticRegression(FEATURES), sites, rounds=options.rounds, **TRAINING
    )
    expected = np.concatenate(history.model.weights)
    difference = max(np.abs(np.concatenate(w) - expected).max() for w, _ in outcomes.values())
    print(f"largest difference of a weight from training in one process, in the clear: {difference:.1e}")
    assert difference <= 1e-6


if __name__ == "__main__":
    main()
