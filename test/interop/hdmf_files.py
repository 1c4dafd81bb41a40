"""HDMF reads the namespaces cached in an NWB file, the file with them, and validates it.

PyNWB is not packaged by Debian, so the few things that it adds to HDMF's specification classes stand here.
"""
import warnings

import h5py
from hdmf.backends.hdf5.h5tools import HDF5IO
from hdmf.build import BuildManager, TypeMap
from hdmf.build.classgenerator import CustomClassGenerator
from hdmf.spec import DatasetSpec, GroupSpec, NamespaceCatalog, SpecNamespace
from hdmf.utils import get_docval
from hdmf.validate import ValidatorMap

KEYS = {"neurodata_type_def": "data_type_def", "neurodata_type_inc": "data_type_inc"}
BACK = {value: key for key, value in KEYS.items()}


class NeurodataKeys:
    """The core namespace says `neurodata_type…` where hdmf-common says `data_type…`."""

    @classmethod
    def type_key(cls):
        return "neurodata_type"

    @classmethod
    def def_key(cls):
        return "neurodata_type_def"

    @classmethod
    def inc_key(cls):
        return "neurodata_type_inc"

    @classmethod
    def build_const_args(cls, spec_dict):
        return super().build_const_args({BACK.get(key, key): value for key, value in spec_dict.items()})

    @classmethod
    def build_spec(cls, spec_dict):
        args = {KEYS.get(key, key): value for key, value in cls.build_const_args(spec_dict).items()}
        known = {argument["name"] for argument in get_docval(cls.__init__)}
        return cls(**{key: value for key, value in args.items() if key in known})


class NeurodataDataset(NeurodataKeys, DatasetSpec):
    pass


class NeurodataGroup(NeurodataKeys, GroupSpec):
    @classmethod
    def dataset_spec_cls(cls):
        return NeurodataDataset


_types = CustomClassGenerator._get_type_from_spec_dtype.__func__


def _type_of(cls, dtype):
    # HDMF 3.5 makes no classes for compound data, and leaves it to PyNWB to turn texts into dates.
    if isinstance(dtype, list):
        return ("array_data", "data")
    return str if dtype in ("isodatetime", "datetime") else _types(cls, dtype)


CustomClassGenerator._get_type_from_spec_dtype = classmethod(_type_of)


def check(path, member_size=None):
    """Load the namespaces, validate, read. Returns (names of the namespaces, validation errors, names of what the file object holds)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        catalog = NamespaceCatalog(NeurodataGroup, NeurodataDataset, SpecNamespace)
        options = {} if member_size is None else {"driver": "family", "memb_size": member_size}
        with h5py.File(path, "r", **options) as f:
            HDF5IO.load_namespaces(catalog, file=f)
            manager = BuildManager(TypeMap(catalog))
            io = HDF5IO(path, mode="r", manager=manager, file=f)
            errors = [str(error) for error in ValidatorMap(catalog.get_namespace("core")).validate(io.read_builder())]
            nwbfile = io.read()
            children = sorted(child.name for child in nwbfile.children)
            io.close()
        return sorted(catalog.namespaces), errors, children
