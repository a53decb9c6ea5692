mod after;
mod downstream;
mod preset;
mod read;
