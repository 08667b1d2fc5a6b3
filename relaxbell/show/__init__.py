"""What people see: tables, graphs and formulas. Imported by nobody's logic."""
