"""How fast trails are read, indexed and asked, beside decompression alone and other tools, in one run."""
