#!/usr/bin/env bash
# Package : ptufile 2026.10.16 and tttrlib 0.26.2 (beside phconvert 0.10.2), PicoQuant PTU files of T2 mode (HydraHarp, MultiHarp)
# Expected: "a channel >= 0 indicates that a record contains a photon", says ptufile's decode_records; the records of
#           the sync input, which carry the special bit and the channel code 0, are told from photons of input 0.
# Seen    : ptufile gives them as channel 0, marker 0, exactly like photons of the first detector, and counts them in
#           number_photons. tttrlib selects them with channel 0 too, and the marker 1 with channel 1; there the column
#           of event types tells them apart. phconvert gives them numbers of their own, 64 and 65.
# Matters : in a Bell test with a pulsed source the sync input is the laser. Here Alice has 3 detections and Bob 2 in
#           10 pulses; read by channel Alice has 13, one for every pulse and more, and each of Bob's detections is a
#           coincidence: an efficiency of 100 %, where 1 of 2 is right.
set -euo pipefail

python=""
for candidate in "${PYTHON:-}" python3 python3.13 python3.12 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[2-9].*/bin/python3; do
    if [ -n "$candidate" ] && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; then
        python="$candidate"
        break
    fi
done
if [ -z "$python" ]; then
    echo "needs Python 3.12 or later: set PYTHON" >&2
    exit 2
fi

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
"$python" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    'ptufile==2026.10.16' 'tttrlib==0.26.2' 'phconvert==0.10.2' 'numpy==2.4.4'
cd "$folder"

PYTHONPATH="" "$folder/venv/bin/python" -W ignore - <<'EOF'
import struct
import numpy as np
import ptufile
import tttrlib
from phconvert import pqreader

INTEGER, REAL, DATE, TEXT, END = 0x10000008, 0x20000008, 0x21000008, 0x4001FFFF, 0xFFFF0008


def tag(name, kind, value):
    head = name.encode().ljust(32, b"\0") + struct.pack("<iI", -1, kind)
    if kind == TEXT:
        text = value.encode() + b"\0"
        text += b"\0" * (-len(text) % 8)
        return head + struct.pack("<q", len(text)) + text
    return head + struct.pack("<d" if kind in (REAL, DATE) else "<q", value)


def record(special, channel, time):
    return special << 31 | channel << 25 | time


period, turn = 10_000_000, 1 << 25
events = [(k * period, 1, 0) for k in range(10)]  # the pulses, on the sync input
events += [(2 * period + 900, 0, 0), (5 * period + 900, 0, 0), (8 * period + 900, 0, 0)]  # Alice, input 0
events += [(5 * period + 905, 0, 1), (7 * period + 905, 0, 1)]  # Bob, input 1
events += [(9 * period + 2000, 1, 1)]  # marker 1
records, turns = [], 0
for time, special, channel in sorted(events):
    if time // turn > turns:
        records.append(record(1, 63, time // turn - turns))
        turns = time // turn
    records.append(record(special, channel, time % turn))
alice, bob = ([t for t, s, c in sorted(events) if not s and c == k] for k in (0, 1))


def coincidences(first, second):
    return sum(any(abs(int(t) - int(u)) < 2000 for t in first) for u in second)


def report(name, first, second):
    result = len(first), len(second), coincidences(first, second)
    print(f"{name}: Alice {result[0]}, Bob {result[1]}, coincidences {result[2]}")
    return result


truth = report("by the format", alice, bob)
assert truth == (3, 2, 1)
for hardware, kind in (("HydraHarp", 0x01010204), ("MultiHarp", 0x00010207)):
    header = [
        ("File_CreatingTime", DATE, 45000.0), ("Measurement_Mode", INTEGER, 2), ("Measurement_SubMode", INTEGER, 0),
        ("CreatorSW_Name", TEXT, "none"), ("CreatorSW_Version", TEXT, "1.0"), ("File_Comment", TEXT, "none"),
        ("HW_Type", TEXT, hardware), ("HW_InpChannels", INTEGER, 2), ("TTResult_SyncRate", INTEGER, 100_000),
        ("TTResult_NumberOfRecords", INTEGER, len(records)), ("TTResultFormat_TTTRRecType", INTEGER, kind),
        ("TTResultFormat_BitsPerRecord", INTEGER, 32), ("MeasDesc_GlobalResolution", REAL, 1e-12),
        ("MeasDesc_Resolution", REAL, 1e-12), ("MeasDesc_AcquisitionTime", INTEGER, 1), ("Header_End", END, 0),
    ]  # fmt: skip
    name = f"{hardware}.ptu"
    with open(name, "wb") as file:
        file.write(b"PQTTTR\0\0" + b"1.0.00\0\0" + b"".join(tag(*t) for t in header))
        file.write(struct.pack(f"<{len(records)}I", *records))

    with ptufile.PtuFile(name) as file:
        rows, photons = file.decode_records(), file.number_photons
    text = " ".join(ptufile.PtuFile.decode_records.__doc__.split())
    assert "A channel >= 0 indicates that a record contains a photon" in text
    found = report(f"{hardware}, ptufile", *(rows["time"][rows["channel"] == k] for k in (0, 1)))
    pulses = np.isin(rows["time"], [t for t, s, c in events if s and c == 0])
    assert set(rows["channel"][pulses]) == {0} and set(rows["marker"][pulses]) == {0} and photons == 15
    assert found == (13, 2, 2), "ptufile tells the pulses from photons now"

    file = tttrlib.TTTR(name, "PTU")
    times, kinds = np.array(file.macro_times), np.array(file.event_types)
    chosen = [np.array(file.get_selection_by_channel([k])) for k in (0, 1)]
    found = report(f"{hardware}, tttrlib", *(times[c] for c in chosen))
    assert found == (13, 3, 2), "tttrlib's channels hold photons only now"
    assert report(f"{hardware}, tttrlib, event type 0", *(times[c[kinds[c] == 0]] for c in chosen)) == truth

    times, detectors = pqreader.load_ptu(name)[:2]
    assert report(f"{hardware}, phconvert", *(times[detectors == k] for k in (0, 1))) == truth
    assert (detectors == 64).sum() == 10 and (detectors == 65).sum() == 1
EOF
