"""ClusterModel: Dataset in, labelled Dataset out."""

from xdsc.model.cluster import ClusterModel, load_model

__all__ = ["ClusterModel", "load_model"]
