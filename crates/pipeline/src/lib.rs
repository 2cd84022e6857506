//! kohort-pipeline
