"""Files whose reading costs are counted, as stock libraries write them: python3 make-files.py DIR

Each is made once; a file that is there is left alone. All values follow from their place, so nothing depends on chance.
"""
import os
import sys

import h5py
import numpy as np

folder = sys.argv[1]
os.makedirs(folder, exist_ok=True)


def make(name, **options):
    """A decorator that runs its function with the new file, unless the file is there."""

    def run(fill):
        path = os.path.join(folder, name)
        if os.path.exists(path):
            return
        with h5py.File(path + ".part", "w", **options) as file:
            fill(file)
        os.rename(path + ".part", path)

    return run


VERSIONS = {"default": {}, "latest": {"libver": "latest"}}

for version, options in VERSIONS.items():

    @make(f"few_{version}.h5", **options)
    def few(file):
        """110 MB, ten groups in the root."""
        file.attrs["title"] = "few groups"
        for i in range(10):
            group = file.create_group(f"group{i}")
            group.attrs["number"] = i
            group["data"] = np.arange(i, i + 1_375_000, dtype="f8")

    @make(f"hundred_{version}.h5", **options)
    def hundred(file):
        """100 MB, a hundred groups in the root, each with ten datasets of 100 kB."""
        file.attrs["title"] = "a hundred groups"
        for i in range(100):
            group = file.create_group(f"group{i:03d}")
            group.attrs["number"] = i
            for j in range(10):
                group[f"data{j}"] = np.arange(i + j, i + j + 12_500, dtype="f8")


@make("many.h5", libver="earliest")
def many(file):
    """6.5 MB, 10,000 datasets of 80 bytes with five attributes each (make.py of the benchmarks)."""
    for i in range(100):
        group = file.create_group(f"g{i:03d}")
        for j in range(100):
            dataset = group.create_dataset(f"d{j:03d}", data=np.arange(10))
            for k in range(4):
                dataset.attrs[f"a{k}"] = k
            dataset.attrs["neurodata_type"] = "VectorData"


@make("scattered.h5")
def scattered(file):
    """20 MB, a hundred groups of 99 datasets of 1.6 kB."""
    for i in range(100):
        group = file.create_group(f"group{i:03d}")
        for j in range(99):
            group[f"data{j:02d}"] = np.arange(i + j, i + j + 200, dtype="f8")


CHUNKS = 1000
CHUNK = 65_536
for name, options, shape in (
    ("chunks_v1.h5", {}, None),
    ("chunks_fixed.h5", {"libver": "latest"}, None),
    ("chunks_extensible.h5", {"libver": "latest"}, (None,)),
):

    @make(name, **options)
    def chunks(file):
        """1,000 chunks of 64 KiB, written one after another."""
        data = file.create_dataset("data", (CHUNKS * CHUNK,), "u1", chunks=(CHUNK,), maxshape=shape)
        for i in range(CHUNKS):
            data[i * CHUNK : (i + 1) * CHUNK] = np.full(CHUNK, i % 251, "u1")


STRING = h5py.string_dtype()


def typed(group, namespace, neurodata_type, number):
    group.attrs["namespace"] = namespace
    group.attrs["neurodata_type"] = neurodata_type
    group.attrs["object_id"] = f"00000000-0000-4000-8000-{number:012d}"
    return group


@make("session.nwb")
def session(file):
    """
    120 MB in the order in which PyNWB writes: the groups with all they hold, then the datasets of the root, its
    attributes, and the specifications. 64 channels of int16 at 30 kHz, compressed by chunks.
    """
    number = 0
    acquisition = file.create_group("acquisition")
    series = typed(acquisition.create_group("ElectricalSeries"), "core", "ElectricalSeries", 1)
    series.attrs["comments"] = "no comments"
    series.attrs["description"] = "wideband"
    time = np.arange(2_400_000, dtype="i8")[:, None]
    # A pseudo-random walk over the low bits keeps deflate from shrinking the file to nothing.
    noise = (time * 1_103_515_245 + np.arange(64) * 12_345) >> 7 & 0x3FF
    data = series.create_dataset(
        "data", data=noise.astype("<i2"), chunks=(15_000, 4), compression="gzip", compression_opts=1
    )
    data.attrs["conversion"] = 1e-6
    data.attrs["offset"] = 0.0
    data.attrs["resolution"] = -1.0
    data.attrs["unit"] = "volts"
    start = series.create_dataset("starting_time", data=0.0)
    start.attrs["rate"] = 30_000.0
    start.attrs["unit"] = "seconds"
    electrodes = typed(
        series.create_dataset("electrodes", data=np.arange(64)), "hdmf-common", "DynamicTableRegion", 2
    )
    electrodes.attrs["description"] = "all electrodes"
    for i in range(20):
        other = typed(acquisition.create_group(f"TimeSeries{i:02d}"), "core", "TimeSeries", 10 + i)
        other.create_dataset("data", data=np.arange(1000, dtype="f8")).attrs["unit"] = "volts"
        other.create_dataset("timestamps", data=np.arange(1000, dtype="f8") / 30).attrs["unit"] = "seconds"
    file.create_group("analysis")
    general = file.create_group("general")
    devices = general.create_group("devices")
    device = typed(devices.create_group("probe"), "core", "Device", 40)
    ephys = general.create_group("extracellular_ephys")
    for i in range(4):
        shank = typed(ephys.create_group(f"shank{i}"), "core", "ElectrodeGroup", 50 + i)
        shank.attrs["description"] = "a shank"
        shank.attrs["location"] = "CA1"
        shank["device"] = device
    table = typed(ephys.create_group("electrodes"), "core", "DynamicTable", 60)
    table.attrs["colnames"] = np.array(["location", "group", "group_name"], dtype=STRING)
    table.attrs["description"] = "metadata about extracellular electrodes"
    typed(table.create_dataset("id", data=np.arange(64)), "hdmf-common", "ElementIdentifiers", 61)
    for i, column in enumerate(("location", "group_name")):
        values = table.create_dataset(column, data=np.array(["CA1"] * 64, dtype=object), dtype=STRING)
        typed(values, "hdmf-common", "VectorData", 62 + i)
    refs = table.create_dataset("group", (64,), dtype=h5py.ref_dtype)
    for i in range(64):
        refs[i] = ephys[f"shank{i // 16}"].ref
    typed(refs, "hdmf-common", "VectorData", 65)
    general.create_dataset("session_id", data="A1", dtype=STRING)
    series["electrodes"].attrs["table"] = table.ref
    processing = file.create_group("processing")
    module = typed(processing.create_group("ecephys"), "core", "ProcessingModule", 70)
    module.attrs["description"] = "derived"
    stimulus = file.create_group("stimulus")
    stimulus.create_group("presentation")
    stimulus.create_group("templates")
    dates = file.create_dataset("file_create_date", (1,), maxshape=(None,), chunks=(1,), dtype=STRING)
    dates[0] = "2024-05-01T10:00:00+02:00"
    file.create_dataset("identifier", data="S1", dtype=STRING)
    file.create_dataset("session_description", data="a long session", dtype=STRING)
    file.create_dataset("session_start_time", data="2024-05-01T09:00:00+02:00", dtype=STRING)
    file.create_dataset("timestamps_reference_time", data="2024-05-01T09:00:00+02:00", dtype=STRING)
    typed(file, "core", "NWBFile", 0)
    file.attrs["nwb_version"] = "2.7.0"
    specifications = file.create_group("specifications")
    file.attrs[".specloc"] = specifications.ref
    for namespace, version, sources in (
        ("hdmf-common", "1.8.0", {"base": 3_000, "sparse": 3_000, "table": 20_000, "namespace": 1_500}),
        ("hdmf-experimental", "0.5.0", {"experimental": 2_000, "resources": 12_000, "namespace": 1_500}),
        ("core", "2.7.0", {"nwb.base": 30_000, "nwb.ecephys": 30_000, "nwb.file": 60_000, "namespace": 4_000}),
    ):
        group = specifications.create_group(f"{namespace}/{version}")
        for source, length in sources.items():
            group.create_dataset(source, data="{" + " " * length + "}", dtype=STRING)
